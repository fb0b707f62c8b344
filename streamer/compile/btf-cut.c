/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/compile/btf-cut.h"

#include <stdbool.h>
#include <string.h>

#include <bpf/btf.h>

#include "proto/base/util.h"

/* The small BTF under way: the types to copy in their new order, and where each went. */
struct copy {
	const struct btf_raw *raw;
	uint32_t *order; /* new id - 1 to old id */
	uint32_t *ids;   /* old id to new id, 0: not there */
	uint32_t n;
	uint8_t *out;
	size_t size;
	char *strings;
	size_t strings_size; /* never more than the whole BTF's */
	bool overflow;
};

static void copy_done(struct copy *copy)
{
	free(copy->order);
	free(copy->ids);
	free(copy->out);
	free(copy->strings);
}

/* New id of an old one, which is put in the queue if it is new. */
static uint32_t copy_id(struct copy *copy, uint32_t old)
{
	if (!old || old >= copy->raw->n)
		return 0;
	if (!copy->ids[old]) {
		copy->order[copy->n++] = old;
		copy->ids[old] = copy->n;
	}
	return copy->ids[old];
}

static uint32_t copy_string(struct copy *copy, uint32_t offset)
{
	const char *text = btf_raw_string(copy->raw, offset);
	size_t size = strlen(text) + 1, at = copy->strings_size;

	if (size == 1)
		return 0;
	if (size > copy->raw->strings_size - at) {
		copy->overflow = true;
		return 0;
	}
	memcpy(copy->strings + at, text, size);
	copy->strings_size += size;
	return (uint32_t)at;
}

/* Copies a type and queues what it is made of. What a pointer points to is another matter:
 * void will do. */
static void copy_type(struct copy *copy, const struct btf_type *old)
{
	struct btf_type *t = (void *)(copy->out + copy->size);
	size_t size = btf_raw_size(old);

	memcpy(t, old, size);
	copy->size += size;
	t->name_off = copy_string(copy, old->name_off);
	switch (btf_kind(t)) {
	case BTF_KIND_PTR:
		t->type = 0;
		break;
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_CONST:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
		t->type = copy_id(copy, old->type);
		break;
	case BTF_KIND_ARRAY:
		btf_array(t)->type = copy_id(copy, btf_array(old)->type);
		btf_array(t)->index_type = copy_id(copy, btf_array(old)->index_type);
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		for (unsigned i = 0; i < btf_vlen(t); i++) {
			btf_members(t)[i].name_off = copy_string(copy, btf_members(t)[i].name_off);
			btf_members(t)[i].type = copy_id(copy, btf_members(t)[i].type);
		}
		break;
	case BTF_KIND_ENUM:
		for (unsigned i = 0; i < btf_vlen(t); i++)
			btf_enum(t)[i].name_off = copy_string(copy, btf_enum(t)[i].name_off);
		break;
	case BTF_KIND_ENUM64:
		for (unsigned i = 0; i < btf_vlen(t); i++) {
			uint32_t *name = (uint32_t *)(t + 1) + 3 * i;

			*name = copy_string(copy, *name);
		}
		break;
	default:
		break;
	}
}

static int copy_run(struct copy *copy, const uint32_t *ids, size_t n)
{
	const struct btf_raw *raw = copy->raw;
	uint32_t done = 0;

	copy->order = calloc(raw->n, sizeof(*copy->order));
	copy->ids = calloc(raw->n, sizeof(*copy->ids));
	copy->out = malloc(raw->types_size);
	copy->strings = malloc(raw->strings_size);
	if (!copy->order || !copy->ids || !copy->out || !copy->strings)
		return -ENOMEM;
	copy->strings[copy->strings_size++] = '\0';
	for (size_t i = 0; i < n; i++)
		(void)copy_id(copy, ids[i]);
	while (done < copy->n)
		copy_type(copy, btf_raw_type(raw, copy->order[done++]));
	return copy->overflow ? -E2BIG : 0;
}

int btf_cut(const struct btf_raw *raw, const uint32_t *ids, size_t n, int fd)
{
	_cleanup_(copy_done) struct copy copy = {.raw = raw};
	struct btf_header header = {
		.magic = BTF_MAGIC,
		.version = BTF_VERSION,
		.hdr_len = sizeof(header),
	};
	int r = copy_run(&copy, ids, n);

	header.type_len = header.str_off = (uint32_t)copy.size;
	header.str_len = (uint32_t)copy.strings_size;
	if (!r)
		r = write_all(fd, &header, sizeof(header));
	if (!r)
		r = write_all(fd, copy.out, copy.size);
	if (!r)
		r = write_all(fd, copy.strings, copy.strings_size);
	return r;
}
