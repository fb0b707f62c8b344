/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/kernel/programs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/mman.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "bpf/wire/wire-cast.h"
#include "bpf/wire/wire.h" /* types of the skeletons */

#include "bpf/rs_legacy.skel.h"
#include "bpf/rs_probes.skel.h"
#include "proto/base/util.h"

#define LINKS_MAX 32u
#define LOADED_MAX 64u

struct attached {
	const struct bpf_program *program;
	struct bpf_link *link; /* NULL: another process has made it */
	int fd;                /* of the link */
};

/* Of another process. */
struct loaded {
	const struct bpf_program *program;
	int fd;
};

struct programs {
	struct bpf_object *object;
	struct attached attached[LINKS_MAX];
	size_t n_attached;
	struct loaded loaded[LOADED_MAX];
	size_t n_loaded;
	bool kept;       /* they stay on their hooks as long as somebody else has their links */
	void *variables; /* .bss, mapped */
	size_t variables_bytes;
};

DEFINE_FREEP(programs);

int programs_open_object(struct programs **ret, const void *object, size_t size,
			 const char *btf_path)
{
	_cleanup_(programs_freep) struct programs *programs = calloc(1, sizeof(*programs));
	/* The object's name begins the names of its .bss and .rodata maps. */
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "rs_probes",
		    .btf_custom_path = btf_path);

	if (!programs)
		return -ENOMEM;
	programs->object = bpf_object__open_mem(object, size, &opts);
	if (!programs->object)
		return -errno;
	*ret = TAKE_PTR(programs);
	return 0;
}

static void settle_cast(struct bpf_insn *insn, struct programs_cast cast)
{
	if (insn->imm != WIRE_CAST)
		return;
	if (insn->code == (BPF_JMP | BPF_CALL) && cast.function)
		*insn = (struct bpf_insn){.code = BPF_JMP | BPF_CALL,
					  .src_reg = BPF_PSEUDO_KFUNC_CALL,
					  .imm = (int32_t)cast.function};
	else if (insn->code == (BPF_JMP | BPF_CALL))
		*insn = (struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_X,
					  .dst_reg = BPF_REG_0,
					  .src_reg = BPF_REG_1};
	else if (BPF_OP(insn->code) == BPF_MOV && insn->dst_reg == BPF_REG_2)
		insn->imm = (int32_t)cast.task;
}

/* In the ELF file, since libbpf gives no access to functions that are no programs. Instructions
 * are aligned there, as all that has their size. */
static int open_modern(struct programs **ret, const char *btf_path, struct programs_cast cast)
{
	size_t size;
	const void *object = rs_probes__elf_bytes(&size);
	_cleanup_free_ struct bpf_insn *copy = malloc(size);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, object, size);
	for (size_t i = 0; i < size / sizeof(*copy); i++)
		settle_cast(&copy[i], cast);
	return programs_open_object(ret, copy, size, btf_path);
}

int programs_open(struct programs **ret, enum programs_variant variant, const char *btf_path,
		  struct programs_cast cast)
{
	const void *object;
	size_t size;

	if (variant == PROGRAMS_MODERN)
		return open_modern(ret, btf_path, cast);
	object = programs_image(variant, &size);
	return programs_open_object(ret, object, size, btf_path);
}

bool programs_has_hook(const struct bpf_program *program)
{
	const char *section = bpf_program__section_name(program);

	return strchr(section, '/') && strncmp(section, "iter/", 5) != 0;
}

static void end_link(const struct programs *programs, const struct attached *one)
{
	if (!one->link) {
		(void)close(one->fd);
		return;
	}
	/* of a perf event it would be turned off for all who have it */
	if (programs->kept)
		bpf_link__disconnect(one->link);
	(void)bpf_link__destroy(one->link);
}

void programs_detach(struct programs *programs, bool iterators)
{
	size_t n = programs->n_attached;

	programs->n_attached = 0;
	for (size_t i = 0; i < n; i++) {
		const struct attached one = programs->attached[i];

		if (iterators || programs_has_hook(one.program))
			end_link(programs, &one);
		else
			programs->attached[programs->n_attached++] = one;
	}
}

void programs_keep(struct programs *programs)
{
	programs->kept = true;
}

struct programs *programs_free(struct programs *programs)
{
	if (!programs)
		return NULL;
	programs_detach(programs, true);
	for (size_t i = 0; i < programs->n_loaded; i++)
		(void)close(programs->loaded[i].fd);
	if (programs->variables)
		(void)munmap(programs->variables, programs->variables_bytes);
	bpf_object__close(programs->object);
	free(programs);
	return NULL;
}

struct bpf_object *programs_object(const struct programs *programs)
{
	return programs->object;
}

struct bpf_map *programs_map(const struct programs *programs, const char *name)
{
	return bpf_object__find_map_by_name(programs->object, name);
}

int programs_map_fd(const struct programs *programs, const char *name)
{
	const struct bpf_map *map = programs_map(programs, name);

	return map ? bpf_map__fd(map) : -ENOENT;
}

const struct bpf_program *programs_find(const struct programs *programs, const char *name)
{
	return bpf_object__find_program_by_name(programs->object, name);
}

bool programs_has(const struct programs *programs, const char *name)
{
	const struct bpf_program *program = programs_find(programs, name);

	return program && bpf_program__autoload(program);
}

/* Where a variable lies in the map of its section; -ENOENT: nowhere. */
static int offset_of(const struct programs *programs, const char *section, const char *name)
{
	const struct btf *btf = bpf_object__btf(programs->object);
	int id = btf__find_by_name_kind(btf, section, BTF_KIND_DATASEC);
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, (__u32)id) : NULL;

	for (unsigned i = 0; t && i < btf_vlen(t); i++) {
		const struct btf_var_secinfo *info = &btf_var_secinfos(t)[i];
		const struct btf_type *var = btf__type_by_id(btf, info->type);

		if (var && !strcmp(btf__name_by_offset(btf, var->name_off), name))
			return (int)info->offset;
	}
	return -ENOENT;
}

void *programs_constant(const struct programs *programs, const char *name)
{
	int offset = offset_of(programs, ".rodata", name);
	const struct bpf_map *map = programs_map(programs, ".rodata");
	size_t size;
	void *at;

	if (offset < 0 || !map)
		return NULL;
	at = (void *)(uintptr_t)bpf_map__initial_value((struct bpf_map *)(uintptr_t)map, &size);
	return at && (size_t)offset < size ? (uint8_t *)at + offset : NULL;
}

static int map_variables(struct programs *programs)
{
	const struct bpf_map *map = programs_map(programs, ".bss");
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (!map)
		return -ENOENT;
	programs->variables_bytes = (bpf_map__value_size(map) + page - 1) & ~(page - 1);
	programs->variables = mmap(NULL, programs->variables_bytes, PROT_READ | PROT_WRITE,
				   MAP_SHARED, bpf_map__fd(map), 0);
	if (programs->variables != MAP_FAILED)
		return 0;
	programs->variables = NULL;
	return -errno;
}

int programs_load(struct programs *programs)
{
	int r = bpf_object__load(programs->object);

	return r ? r : map_variables(programs);
}

void *programs_variable(const struct programs *programs, const char *name)
{
	int offset = offset_of(programs, ".bss", name);

	if (offset < 0 || !programs->variables)
		return NULL;
	return (uint8_t *)programs->variables + offset;
}

static int keep_link(struct programs *programs, const struct bpf_program *program,
		     struct bpf_link *link)
{
	if (!link)
		return -errno;
	programs->attached[programs->n_attached++] =
		(struct attached){.program = program, .link = link, .fd = bpf_link__fd(link)};
	return 0;
}

/* By the function's name: libbpf would look it up as a pattern in /proc/kallsyms, which may hide
 * its addresses. */
static struct bpf_link *attach_multi(const struct bpf_program *program, const char *function)
{
	LIBBPF_OPTS(bpf_kprobe_multi_opts, opts, .syms = &function, .cnt = 1, .retprobe = true);

	return bpf_program__attach_kprobe_multi_opts(program, NULL, &opts);
}

int programs_attach(struct programs *programs, struct bpf_program *program)
{
	static const char multi[] = "kretprobe.multi/";
	const char *section = bpf_program__section_name(program);

	if (programs->n_attached == LINKS_MAX)
		return -E2BIG;
	if (!strncmp(section, multi, sizeof(multi) - 1))
		return keep_link(programs, program,
				 attach_multi(program, section + sizeof(multi) - 1));
	return keep_link(programs, program, bpf_program__attach(program));
}

int programs_attach_rows(struct programs *programs, const char *name, const char *map)
{
	const struct bpf_program *program = name ? programs_find(programs, name) : NULL;
	union bpf_iter_link_info info = {.map.map_fd =
						 map ? (__u32)programs_map_fd(programs, map) : 0};
	LIBBPF_OPTS(bpf_iter_attach_opts, opts, .link_info = &info, .link_info_len = sizeof(info));

	if (!program || !bpf_program__autoload(program))
		return -ENOENT;
	if (programs->n_attached == LINKS_MAX)
		return -E2BIG;
	return keep_link(programs, program, bpf_program__attach_iter(program, map ? &opts : NULL));
}

int programs_link_fd(const struct programs *programs, const struct bpf_program *program)
{
	for (size_t i = 0; i < programs->n_attached; i++)
		if (programs->attached[i].program == program)
			return programs->attached[i].fd;
	return -1;
}

int programs_fd(const struct programs *programs, const struct bpf_program *program)
{
	for (size_t i = 0; i < programs->n_loaded; i++)
		if (programs->loaded[i].program == program)
			return programs->loaded[i].fd;
	return bpf_program__fd(program);
}

int programs_each_fd(const struct programs *programs, programs_fd_fn fn, void *data)
{
	struct bpf_program *program;
	const struct bpf_map *map;
	int r = 0, fd;

	bpf_object__for_each_map(map, programs->object)
	{
		if (!r && bpf_map__fd(map) >= 0)
			r = fn(data, PROGRAMS_MAP, bpf_map__name(map), bpf_map__fd(map));
	}
	bpf_object__for_each_program(program, programs->object)
	{
		fd = programs_fd(programs, program);
		if (!r && fd >= 0)
			r = fn(data, PROGRAMS_PROGRAM, bpf_program__name(program), fd);
		fd = programs_link_fd(programs, program);
		if (!r && fd >= 0)
			r = fn(data, PROGRAMS_LINK, bpf_program__name(program), fd);
	}
	return r;
}

static int copy_fd(int fd)
{
	const int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	return copy < 0 ? -errno : copy;
}

static int adopt_program(struct programs *programs, struct bpf_program *program,
			 const struct programs_fds *fds)
{
	const char *name = bpf_program__name(program);
	int loaded = fds->find(fds->data, PROGRAMS_PROGRAM, name);
	int link = fds->find(fds->data, PROGRAMS_LINK, name);

	(void)bpf_program__set_autoload(program, loaded >= 0);
	if (loaded < 0)
		return 0;
	if (programs->n_loaded == LOADED_MAX || programs->n_attached == LINKS_MAX)
		return -E2BIG;
	loaded = copy_fd(loaded);
	if (loaded < 0)
		return loaded;
	programs->loaded[programs->n_loaded++] = (struct loaded){program, loaded};
	link = link < 0 ? 0 : copy_fd(link);
	if (link > 0)
		programs->attached[programs->n_attached++] =
			(struct attached){.program = program, .fd = link};
	return link < 0 ? link : 0;
}

/* What has its name has to be a map of the same make. */
static int adopt_map(struct bpf_map *map, const struct programs_fds *fds)
{
	const int fd = fds->find(fds->data, PROGRAMS_MAP, bpf_map__name(map));
	struct bpf_map_info info = {0};
	__u32 size = sizeof(info);

	if (fd < 0)
		return bpf_map__set_autocreate(map, false);
	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return -errno;
	if (info.type != bpf_map__type(map) || info.key_size != bpf_map__key_size(map))
		return -ESTALE;
	return bpf_map__reuse_fd(map, fd);
}

int programs_adopt(struct programs *programs, const struct programs_fds *fds)
{
	struct bpf_program *program;
	struct bpf_map *map;
	int r = 0;

	bpf_object__for_each_map(map, programs->object)
	{
		if (!r)
			r = adopt_map(map, fds);
	}
	bpf_object__for_each_program(program, programs->object)
	{
		if (!r)
			r = adopt_program(programs, program, fds);
	}
	return r ? r : map_variables(programs);
}

const void *programs_image(enum programs_variant variant, size_t *ret_size)
{
	return variant == PROGRAMS_MODERN ? rs_probes__elf_bytes(ret_size)
					  : rs_legacy__elf_bytes(ret_size);
}
