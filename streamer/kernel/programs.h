/* SPDX-License-Identifier: Apache-2.0 */
/* The BPF programs as libbpf holds them, in one of their variants. Maps, programs and variables are
 * found by name, since not every variant has all of them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bpf/libbpf.h>

enum programs_variant {
	PROGRAMS_MODERN, /* Linux 5.17 and newer */
	PROGRAMS_LEGACY, /* before */
};

struct programs;

/* Ids in the kernel's own BTF: see wire-cast.h. 0: not to be used. */
struct programs_cast {
	uint32_t function, task;
};

/* @btf_path: types of the kernel, or NULL where the programs are only to be looked at. */
int programs_open(struct programs **ret, enum programs_variant variant, const char *btf_path,
		  struct programs_cast cast);

/* The same of an ELF file in memory that was not built with the streamer. */
int programs_open_object(struct programs **ret, const void *object, size_t size,
			 const char *btf_path);
struct programs *programs_free(struct programs *programs); /* NULL is fine; returns NULL */

struct bpf_object *programs_object(const struct programs *programs);

/* NULL: this variant has none of that name. */
struct bpf_map *programs_map(const struct programs *programs, const char *name);
int programs_map_fd(const struct programs *programs, const char *name); /* -ENOENT: none */
const struct bpf_program *programs_find(const struct programs *programs, const char *name);

/* Whether the program is there and to be loaded. */
bool programs_has(const struct programs *programs, const char *name);

/* A constant of the programs, to be set before loading; NULL: there is none of that name. */
void *programs_constant(const struct programs *programs, const char *name);

int programs_load(struct programs *programs);

/* A variable of the programs, live once they are loaded; or NULL. */
void *programs_variable(const struct programs *programs, const char *name);

/* Whether there is somewhere to put it: iterators are run. */
bool programs_has_hook(const struct bpf_program *program);

/* Puts a loaded program on its hook. */
int programs_attach(struct programs *programs, struct bpf_program *program);

/* Lets the iterator program @name, if it is loaded, read @map; see rows.h. NULL: it reads no map.
 * -ENOENT: there is no such program; or @name is NULL. */
int programs_attach_rows(struct programs *programs, const char *name, const char *map);

/* fds of what holds it there, and of itself; negative: nothing does, it is not loaded. Owned by
 * @programs. */
int programs_link_fd(const struct programs *programs, const struct bpf_program *program);
int programs_fd(const struct programs *programs, const struct bpf_program *program);

/* Takes all off their hooks. Without @iterators, those go on reading. */
void programs_detach(struct programs *programs, bool iterators);

/* From one process to the next. Whoever has copies of all these descriptors keeps the programs on
 * their hooks, and their maps. */
enum programs_kind {
	PROGRAMS_MAP,
	PROGRAMS_PROGRAM,
	PROGRAMS_LINK, /* by the name of its program */
};

/* Returns 0 to go on; what else it returns ends the walk. */
typedef int (*programs_fd_fn)(void *data, enum programs_kind kind, const char *name, int fd);
int programs_each_fd(const struct programs *programs, programs_fd_fn fn, void *data);

/* From now on what @programs does leaves them on their hooks, as far as somebody else has the
 * links. */
void programs_keep(struct programs *programs);

/* Instead of programs_load() and attaching: what another process has loaded of the same image. The
 * fds that @find gives are copied; negative: there is none. 0 or -errno: -ESTALE for one that is
 * something else. */
struct programs_fds {
	int (*find)(void *data, enum programs_kind kind, const char *name);
	void *data;
};
int programs_adopt(struct programs *programs, const struct programs_fds *fds);

/* The ELF file of a variant. */
const void *programs_image(enum programs_variant variant, size_t *ret_size);
