/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/kernel/programs.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/mman.h>

#include <bpf/btf.h>

#include "bpf/wire/wire-cast.h"
#include "bpf/wire/wire.h" /* types of the skeletons */

#include "bpf/rs_legacy.skel.h"
#include "bpf/rs_probes.skel.h"
#include "proto/base/util.h"

#define LINKS_MAX 32u

struct attached {
	const struct bpf_program *program;
	struct bpf_link *link;
};

struct programs {
	struct bpf_object *object;
	struct attached attached[LINKS_MAX];
	size_t n_attached;
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
	object = rs_legacy__elf_bytes(&size);
	return programs_open_object(ret, object, size, btf_path);
}

bool programs_has_hook(const struct bpf_program *program)
{
	const char *section = bpf_program__section_name(program);

	return strchr(section, '/') && strncmp(section, "iter/", 5) != 0;
}

void programs_detach(struct programs *programs, bool iterators)
{
	size_t n = programs->n_attached;

	programs->n_attached = 0;
	for (size_t i = 0; i < n; i++) {
		const struct attached one = programs->attached[i];

		if (iterators || programs_has_hook(one.program))
			(void)bpf_link__destroy(one.link);
		else
			programs->attached[programs->n_attached++] = one;
	}
}

struct programs *programs_free(struct programs *programs)
{
	if (!programs)
		return NULL;
	programs_detach(programs, true);
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

int programs_load(struct programs *programs)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const struct bpf_map *map;
	int r = bpf_object__load(programs->object);

	if (r)
		return r;
	map = programs_map(programs, ".bss");
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
		(struct attached){.program = program, .link = link};
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

const struct bpf_link *programs_link(const struct programs *programs,
				     const struct bpf_program *program)
{
	for (size_t i = 0; i < programs->n_attached; i++)
		if (programs->attached[i].program == program)
			return programs->attached[i].link;
	return NULL;
}
