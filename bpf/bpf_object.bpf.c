// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* All BPF programs and maps of the machine, and who holds them. Three iterators, run by the
 * streamer once every interval; nothing is attached. */
#include "bpf/common/common.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* What it reads is private to the kernel: no headers tell where it is. */
#ifndef RS_RUNTIME

#include "bpf/common/anon-file.bpf.h"
#include "bpf/common/owner.bpf.h"
#include "bpf/common/task.bpf.h"
#include "bpf/object/map-size.bpf.h"

#define FUNCTIONS_MAX 256u /* BPF_MAX_SUBPROGS, include/linux/bpf_verifier.h */

/* The program's full name is that of its function. */
static __always_inline void name_fill(struct wire_object *to, struct bpf_prog_aux *aux)
{
	struct btf *btf = BPF_CORE_READ(aux, btf);
	struct bpf_func_info *info = BPF_CORE_READ(aux, func_info);
	struct btf_type **types, *type = NULL;
	__u32 id = 0, offset = 0;

	bpf_core_read_str(to->name, sizeof(aux->name), &aux->name);
	if (!btf || !info || bpf_probe_read_kernel(&id, sizeof(id), &info->type_id) || !id ||
	    id >= BPF_CORE_READ(btf, nr_types))
		return;
	types = BPF_CORE_READ(btf, types);
	if (bpf_probe_read_kernel(&type, sizeof(type), types + id) || !type ||
	    bpf_probe_read_kernel(&offset, sizeof(offset), &type->name_off) || !offset)
		return;
	bpf_probe_read_kernel_str(to->name, sizeof(to->name), BPF_CORE_READ(btf, strings) + offset);
}

struct jited {
	struct bpf_prog___loaded **functions;
	__u32 n;
	__u32 bytes;
};

LOOP_STEP jited_step(__u32 i, struct jited *jited)
{
	struct bpf_prog___loaded *function = NULL;

	if (i >= jited->n ||
	    bpf_probe_read_kernel(&function, sizeof(function), jited->functions + i))
		return 1;
	jited->bytes += BPF_CORE_READ(function, jited_len);
	return 0;
}

/* Of all its functions, each of which the kernel compiles alone. */
static __always_inline __u32 jited_bytes(struct bpf_prog___loaded *prog, struct bpf_prog_aux *aux)
{
	struct jited jited = {.functions = BPF_CORE_READ(aux, func),
			      .n = BPF_CORE_READ(aux, func_cnt)};

	if (!jited.n)
		return BPF_CORE_READ(prog, jited_len);
	LOOP(FUNCTIONS_MAX, jited_step, &jited);
	return jited.bytes;
}

static __always_inline bool add_up(__u64 stats, __u32 offset, __u64 *ret)
{
	__s64 sum = 0;

	if (!percpu_add_up(stats + offset, sizeof(sum), &sum))
		return false;
	*ret = sum;
	return true;
}

static __always_inline void runs_fill(struct wire_program *to, struct bpf_prog___loaded *prog)
{
	__u64 stats;

	if (!bpf_core_field_exists(prog->stats)) /* 5.12 */
		return;
	stats = (__u64)BPF_CORE_READ(prog, stats);
	if (stats && add_up(stats, OFFSET_OF(struct bpf_prog_stats, cnt), &to->runs) &&
	    add_up(stats, OFFSET_OF(struct bpf_prog_stats, nsecs), &to->run_nano) &&
	    add_up(stats, OFFSET_OF(struct bpf_prog_stats, misses), &to->misses))
		to->head.flags |= WIRE_OBJECT_HAS_RUNS;
}

SEC("?iter/bpf_prog")
int BPF_PROG(rs_bpf_programs, struct bpf_iter_meta *meta, struct bpf_prog___loaded *prog)
{
	struct seq_file *seq = meta->seq;
	struct wire_program to = {.head.object = WIRE_OBJECT_PROGRAM};
	struct bpf_prog_aux *aux;

	if (!prog)
		return 0;
	aux = BPF_CORE_READ(prog, aux);
	to.head.id = BPF_CORE_READ(aux, id);
	to.head.type = BPF_CORE_READ(prog, type);
	to.head.memory_bytes = pages(BPF_CORE_READ(prog, pages));
	to.head.flags = WIRE_OBJECT_HAS_MEMORY;
	name_fill(&to.head, aux);
	to.loaded_boottime = BPF_CORE_READ(aux, load_time);
	to.uid = BPF_CORE_READ(aux, user, uid.val);
	to.instructions = BPF_CORE_READ(prog, len);
	to.jited_bytes = jited_bytes(prog, aux);
	bpf_core_read(&to.tag, sizeof(to.tag), &prog->tag);
	if (bpf_core_field_exists(aux->verified_insns)) {
		to.verified_instructions = BPF_CORE_READ(aux, verified_insns);
		to.head.flags |= WIRE_OBJECT_HAS_VERIFIED;
	}
	runs_fill(&to, prog);
	(void)bpf_seq_write(seq, &to, sizeof(to));
	return 0;
}

SEC("?iter/bpf_map")
int BPF_PROG(rs_bpf_maps, struct bpf_iter_meta *meta, struct bpf_map *map)
{
	struct seq_file *seq = meta->seq;
	struct wire_map to = {.head.object = WIRE_OBJECT_MAP};

	if (!map)
		return 0;
	to.head.id = BPF_CORE_READ(map, id);
	to.head.type = BPF_CORE_READ(map, map_type);
	bpf_core_read_str(&to.head.name, sizeof(map->name), &map->name);
	to.key_bytes = BPF_CORE_READ(map, key_size);
	to.value_bytes = BPF_CORE_READ(map, value_size);
	to.max_entries = BPF_CORE_READ(map, max_entries);
	to.map_flags = BPF_CORE_READ(map, map_flags);
	map_size_fill(map, &to);
	(void)bpf_seq_write(seq, &to, sizeof(to));
	return 0;
}

/* The first eight bytes of a name, as they lie in memory. */
#define EIGHT(a, b, c, d, e, f, g, h)                                                              \
	((__u64)(a) | (__u64)(b) << 8 | (__u64)(c) << 16 | (__u64)(d) << 24 | (__u64)(e) << 32 |   \
	 (__u64)(f) << 40 | (__u64)(g) << 48 | (__u64)(h) << 56)

/* kernel/bpf/syscall.c names the files it makes: bpf_map_new_fd(), bpf_prog_new_fd(),
 * bpf_link_prime(). They are anonymous inodes: nobody else gives such a file a name. */
#define MAP_FILE EIGHT('b', 'p', 'f', '-', 'm', 'a', 'p', 0)
#define PROGRAM_FILE EIGHT('b', 'p', 'f', '-', 'p', 'r', 'o', 'g')
#define LINK_FILE EIGHT('b', 'p', 'f', '_', 'l', 'i', 'n', 'k')

static __always_inline __u64 anonymous_name(struct file___held *file)
{
	__u64 name = 0;

	if (file_magic(file) == ANON_INODE_FS_MAGIC)
		(void)bpf_probe_read_kernel(&name, sizeof(name),
					    BPF_CORE_READ(file, f_path.dentry, d_name.name));
	return name;
}

/* WIRE_OBJECT_* that an open file stands for, itself or by a link; 0: none. */
static __always_inline __u32 held_object(struct file___held *file, __u32 *ret_id)
{
	const __u64 name = anonymous_name(file);
	struct bpf_prog___loaded *prog;
	void *held;

	if (name != MAP_FILE && name != PROGRAM_FILE && name != LINK_FILE)
		return 0;
	held = BPF_CORE_READ(file, private_data);
	if (name == MAP_FILE) {
		*ret_id = BPF_CORE_READ((struct bpf_map *)held, id);
		return WIRE_OBJECT_MAP;
	}
	prog = name == PROGRAM_FILE ? held : BPF_CORE_READ((struct bpf_link *)held, prog);
	*ret_id = BPF_CORE_READ(prog, aux, id);
	return *ret_id ? WIRE_OBJECT_PROGRAM : 0;
}

/* Of others the path is not told: whoever makes cgroups without end would fill the ring. */
static __always_inline bool is_kept_apart(const struct owner *owner)
{
	struct kernfs_node *kn = owner->kn;
	struct wire_share *share;
	__u32 slot;

	share = share_of(BPF_CORE_READ(kn, priv), &owner->key, &slot);
	return share && share->cgroup.id == owner->key.id;
}

SEC("?iter/task_file")
int BPF_PROG(rs_bpf_holders, struct bpf_iter_meta *meta, struct task_struct *task, __u64 fd,
	     struct file___held *file)
{
	struct seq_file *seq = meta->seq;
	struct wire_holder to = {};
	struct task_struct *leader;
	struct owner owner;

	if (!task || !file)
		return 0;
	to.object = held_object(file, &to.id);
	if (!to.object)
		return 0;
	leader = BPF_CORE_READ(task, group_leader);
	to.pid = BPF_CORE_READ(task, tgid);
	to.own = to.pid == bpf_get_current_pid_tgid() >> 32;
	bpf_core_read_str(&to.comm, sizeof(to.comm), &leader->comm);
	owner_read(&owner, task_cgroup(task));
	to.cgroup = owner.key;
	if (is_kept_apart(&owner))
		(void)owner_tell(&owner, WIRE_BPF_OBJECT);
	(void)bpf_seq_write(seq, &to, sizeof(to));
	return 0;
}

#endif
