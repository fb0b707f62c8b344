/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's types (BTF), cut down to those the programs read. libbpf would parse all of
 * them, and search them from end to end for every struct that is read: 30 ms and more of
 * start-up. One pass over the raw bytes finds all that is wanted. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct btf;
struct types;

#define TYPES_KERNEL "/sys/kernel/btf/vmlinux"

/* Reads the BTF of @path (NULL: the running kernel's) and keeps of it the structs and enums
 * that @wanted, the BTF of the programs, names. Returns 0 or -errno; -ENOENT: there is none. */
int types_new(struct types **ret, const char *path, const struct btf *wanted);
struct types *types_free(struct types *types); /* NULL is fine; returns NULL */

/* A file with the small BTF, for btf_custom_path; valid until types_free. */
const char *types_path(const struct types *types);

/* Whether the running kernel gives its BTF away: programs on functions (fentry) and pointers of a
 * known type need it in the kernel itself. */
bool types_are_carried(void);

/* Whether functions are in the BTF at all: in one made of headers, and in one that was cut down to
 * structs, they are not. */
bool types_have_functions(const struct types *types);

/* Id of a function in the whole BTF, or 0; and how many parameters it has. */
uint32_t types_function(const struct types *types, const char *name, unsigned *ret_params);

/* Id of a struct in the whole BTF; 0: there is none, or more than one, or the programs do not name
 * it. */
uint32_t types_struct(const struct types *types, const char *name);

/* Whether there is a tracepoint of that name. *ret_pointer: its first argument is a pointer. */
bool types_tracepoint(const struct types *types, const char *name, bool *ret_pointer);
