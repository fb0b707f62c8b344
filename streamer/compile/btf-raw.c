/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/compile/btf-raw.h"

#include <bpf/btf.h>

#include "proto/base/util.h"

size_t btf_raw_size(const struct btf_type *t)
{
	size_t base = sizeof(*t), n = btf_vlen(t);

	switch (btf_kind(t)) {
	case BTF_KIND_FWD:
	case BTF_KIND_CONST:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_PTR:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG:
		return base;
	case BTF_KIND_INT:
		return base + sizeof(uint32_t);
	case BTF_KIND_ENUM:
		return base + n * sizeof(struct btf_enum);
	case BTF_KIND_ENUM64:
		return base + n * 3 * sizeof(uint32_t);
	case BTF_KIND_ARRAY:
		return base + sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return base + n * sizeof(struct btf_member);
	case BTF_KIND_FUNC_PROTO:
		return base + n * sizeof(struct btf_param);
	case BTF_KIND_VAR:
		return base + sizeof(struct btf_var);
	case BTF_KIND_DATASEC:
		return base + n * sizeof(struct btf_var_secinfo);
	case BTF_KIND_DECL_TAG:
		return base + sizeof(struct btf_decl_tag);
	default:
		return 0;
	}
}

static int check_header(struct btf_raw *raw, const uint8_t *data, size_t size)
{
	const struct btf_header *header = (const void *)data;
	uint64_t types_end, strings_end;

	if (size < sizeof(*header) || header->magic != BTF_MAGIC)
		return -EBADMSG;
	types_end = (uint64_t)header->hdr_len + header->type_off + header->type_len;
	strings_end = (uint64_t)header->hdr_len + header->str_off + header->str_len;
	if (types_end > size || strings_end > size || !header->str_len ||
	    ((uint64_t)header->hdr_len + header->type_off) % 4)
		return -EBADMSG;
	raw->types = data + header->hdr_len + header->type_off;
	raw->types_size = header->type_len;
	raw->strings = (const char *)data + header->hdr_len + header->str_off;
	raw->strings_size = header->str_len;
	return raw->strings[raw->strings_size - 1] ? -EBADMSG : 0;
}

int btf_raw_init(struct btf_raw *raw, const void *data, size_t size)
{
	uint32_t at = 0;
	int r;

	*raw = (struct btf_raw){0};
	r = check_header(raw, data, size);
	if (r)
		return r;
	raw->offsets = malloc((raw->types_size / sizeof(struct btf_type) + 2) * sizeof(uint32_t));
	if (!raw->offsets)
		return -ENOMEM;
	raw->offsets[raw->n++] = 0;
	while (at < raw->types_size) {
		const struct btf_type *t = (const void *)(raw->types + at);
		size_t whole = raw->types_size - at < sizeof(*t) ? 0 : btf_raw_size(t);

		if (!whole || whole > raw->types_size - at || t->name_off >= raw->strings_size)
			return -EBADMSG;
		raw->offsets[raw->n++] = at;
		at += (uint32_t)whole;
	}
	return 0;
}

void btf_raw_done(struct btf_raw *raw)
{
	free(raw->offsets);
	*raw = (struct btf_raw){0};
}

const struct btf_type *btf_raw_type(const struct btf_raw *raw, uint32_t id)
{
	return id && id < raw->n ? (const void *)(raw->types + raw->offsets[id]) : NULL;
}

const char *btf_raw_string(const struct btf_raw *raw, uint32_t offset)
{
	return offset < raw->strings_size ? raw->strings + offset : "";
}
