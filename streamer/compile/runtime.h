/* SPDX-License-Identifier: Apache-2.0 */
/* --build runtime: the programs for a kernel that does not carry its types. The probes' own source,
 * which is part of the streamer, is compiled here with clang; and, with the kernel's headers, the
 * structures it reads, which gives the types the programs are fitted to. */
#pragma once

#include <stddef.h>

struct runtime;

/* Where to look: all but tests take what runtime_here() says. */
struct runtime_place {
	const char *root;    /* "" */
	const char *release; /* of the kernel */
	const char *build;   /* uname -v: tells builds of one release apart */
	const char *path;    /* folders with programs, as in $PATH */
	const char *cache;   /* folder */
};

const struct runtime_place *runtime_here(void);

/* From the cache, or compiled, which takes seconds, and kept in the cache if that can be written.
 * Returns 0 or -errno with a sentence in @error that says what is missing and how to get it. */
int runtime_new(struct runtime **ret, const struct runtime_place *place, char *error, size_t size);
struct runtime *runtime_free(struct runtime *runtime); /* NULL is fine; returns NULL */

/* The object with the programs, an ELF file. */
const void *runtime_object(const struct runtime *runtime, size_t *ret_size);

/* A file with the kernel's types, raw BTF; valid until runtime_free(). */
const char *runtime_btf_path(const struct runtime *runtime);
