/* SPDX-License-Identifier: Apache-2.0 */
/* BTF as the kernel gives it: a header, the types one after another (an id is a type's
 * position), the strings. https://docs.kernel.org/bpf/btf.html
 * All is checked first: it may be a file of the user's (--btf). */
#pragma once

#include <linux/btf.h>
#include <stddef.h>
#include <stdint.h>

struct btf_raw {
	const uint8_t *types;
	const char *strings; /* ends with a NUL */
	uint32_t types_size, strings_size;
	uint32_t *offsets; /* by id, into types; [0] is void */
	uint32_t n;        /* ids: 1 to n - 1 */
};

/* @data is borrowed. -EBADMSG: it is not BTF, or of a newer kind. */
int btf_raw_init(struct btf_raw *raw, const void *data, size_t size);
void btf_raw_done(struct btf_raw *raw); /* any time after it was zeroed */

/* NULL for void and for what does not exist. */
const struct btf_type *btf_raw_type(const struct btf_raw *raw, uint32_t id);
const char *btf_raw_string(const struct btf_raw *raw, uint32_t offset);

/* Bytes of a type with what follows it. */
size_t btf_raw_size(const struct btf_type *type);
