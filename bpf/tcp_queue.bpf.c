// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* How full the TCP sockets of each cgroup are. Only counted: when a task receives or sends, the
 * socket it does that on, and once every interval all that some task holds, so that one nobody
 * reads from shows too. A sample belongs to the cgroup of that task, which is known with cgroup v1
 * as with v2, and whatever network namespace the socket is in. */
#include "bpf/common/common.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#include "bpf/common/anon-file.bpf.h"
#include "bpf/common/owner.bpf.h"
#include "bpf/common/regs.bpf.h"
#include "bpf/common/share-rows.bpf.h"
#include "bpf/common/task.bpf.h"
#include "bpf/tcp/kernel-sockets.bpf.h"

#define PATH_EPOCHS 30 /* each CPU asks again after so many intervals whether a path is known */

#define RECEIVE 1u
#define SEND 2u

/* Intervals that have ended; the streamer counts. */
__u64 rs_tcp_ended = 0;

const volatile __u32 rs_tcp_room = 1024; /* rows in rs_tcp */

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct wire_cgroup_key);
	__type(value, struct wire_tcp_row);
} rs_tcp SEC(".maps");

static const struct wire_tcp_row no_samples;

static __always_inline struct wire_tcp_row *find_row(const struct wire_cgroup_key *key)
{
	return bpf_map_lookup_elem(&rs_tcp, key);
}

/* What cgroups below it have no room for goes on the account of those beside it. */
static __always_inline bool has_room(const struct wire_share *share, __u32 slot, bool of_others)
{
	return of_others ? share_fits(share->parent, 1, WIRE_TCP_QUEUE, rs_tcp_room)
			 : share_has_room(slot, WIRE_TCP_QUEUE, rs_tcp_room);
}

struct row_search {
	struct wire_cgroup_key key;
	__u32 slot;
	__u32 found;
};

LOOP_STEP row_step(__u32 i, struct row_search *search)
{
	struct wire_share *share = share_at(search->slot);

	if (!share || search->slot == WIRE_SHARE_MACHINE)
		return 1;
	search->key = share->cgroup;
	search->found = 1;
	if (find_row(&search->key))
		return 1;
	if (has_room(share, search->slot, i > 0) &&
	    !bpf_map_update_elem(&rs_tcp, &search->key, &no_samples, BPF_NOEXIST)) {
		share_take_row(search->slot, WIRE_TCP_QUEUE);
		return 1;
	}
	search->found = 0;
	search->slot = share->parent;
	return 0;
}

/* The nearest cgroup, @cgroup or above it, that has a row or may have one. */
SUBPROGRAM int rs_tcp_search(struct wire_cgroup_key *ret, __u64 cgroup)
{
	struct row_search search = {.slot = (__u32)rs_share_slot(cgroup)};

	if (!ret)
		return 0;
	LOOP(SHARE_LEVELS + 1, row_step, &search);
	ret->id = search.found ? search.key.id : 0;
	ret->hierarchy = search.found ? search.key.hierarchy : 0;
	return 0;
}

/* The row for @owner's samples, and whose it is: its own, that of a cgroup above it, or (id 0) that
 * of all others, which is there from the start. */
static __always_inline struct wire_tcp_row *row_of(const struct owner *owner,
						   struct wire_cgroup_key *ret)
{
	struct kernfs_node *kn = owner->kn;
	struct wire_tcp_row *row;

	*ret = owner->key;
	row = find_row(ret);
	if (row)
		return row;
	(void)rs_tcp_search(ret, (__u64)BPF_CORE_READ(kn, priv));
	return find_row(ret);
}

/* Another program may do the same on this CPU in between. A slot's old maximum goes only if it is
 * still the one that was there before it was seen to be old. */
static __always_inline void raise_slot(volatile __u64 *tag, __u64 *max, __u64 epoch, __u64 packed)
{
	__u64 seen = *(volatile __u64 *)max, now = *tag;

	if (now > epoch)
		return;
	if (now < epoch) {
		(void)EXCHANGE(max, seen, 0);
		*tag = epoch;
	}
	for (int i = 0; i < 4; i++) {
		seen = *(volatile __u64 *)max;
		if (!wire_fill_above(packed, seen) || EXCHANGE(max, seen, packed) == seen)
			return;
	}
}

/* If the interval ended meanwhile, its maximum may have been read before we came: then the next has
 * it. The exchange is a barrier between the two (in the legacy variant, it is none for arm64). */
static __always_inline void raise(struct wire_fill *fill, __u64 packed)
{
	volatile __u64 *ended = &rs_tcp_ended;
	__u64 epoch = *ended + 1, now;

	raise_slot(&fill->epochs[epoch & 1], &fill->max[epoch & 1], epoch, packed);
	now = *ended + 1;
	if (now != epoch)
		raise_slot(&fill->epochs[now & 1], &fill->max[now & 1], now, packed);
}

static __always_inline void fill_add(struct wire_fill *fill, __u32 bytes, int buffer)
{
	__u32 class;

	if (buffer <= 0)
		return;
	class = wire_fill_class(bytes, buffer);
	if (class < WIRE_FILLS)
		ADD(fill->samples[class], 1);
	raise(fill, wire_fill_pack(bytes, buffer));
}

static __noinline int tell_path(struct wire_tcp_row *row, struct owner *owner,
				const struct wire_cgroup_key *key, __u64 epoch)
{
	if (!key->id || !owner_rise(owner, key) || owner_tell(owner, WIRE_TCP_QUEUE))
		row->told = epoch;
	return 0;
}

static __always_inline struct wire_tcp_row *row_for(struct owner *owner)
{
	struct wire_cgroup_key key;
	struct wire_tcp_row *row = row_of(owner, &key);
	__u64 epoch = rs_tcp_ended + 1;

	if (row && (!row->told || epoch - row->told >= PATH_EPOCHS))
		(void)tell_path(row, owner, &key, epoch);
	return row;
}

#ifdef RS_LEGACY

static __always_inline bool find_owner(struct task_struct *task, struct owner *ret)
{
	owner_read(ret, task_cgroup(task));
	return ret->key.id != 0;
}

#else

/* As task_cgroup(), but loaded straight from the task: this is called far more often, and only
 * where it is asked for: a longer start is worth it. */
static __always_inline bool find_owner(struct task_struct *task, struct owner *ret)
{
	const int memory = bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id);
	struct css_set *set = task->cgroups;
	struct cgroup_subsys_state *css;
	struct cgroup *cgroup, *dfl;

	if (!set)
		return false;
	cgroup = dfl = set->dfl_cgrp;
	css = *(struct cgroup_subsys_state **)((void *)&set->subsys[0] + memory * sizeof(css));
	if (css && css->cgroup && dfl && css->cgroup->root != dfl->root)
		cgroup = css->cgroup;
	if (!cgroup || !cgroup->kn || !cgroup->root)
		return false;
	ret->key.id = cgroup->kn->id;
	ret->key.hierarchy = cgroup->root->hierarchy_id;
	ret->key.pad = 0;
	return !bpf_core_read(&ret->kn, sizeof(ret->kn), &cgroup->kn);
}

#endif

/* What there is to know of a socket. */
struct sample {
	__u32 received, sent;
	int receive_buffer, send_buffer;
};

static __always_inline int count(const struct sample *sample, struct owner *owner, __u32 queues)
{
	struct wire_tcp_row *row = row_for(owner);

	if (row && queues & RECEIVE)
		fill_add(&row->receive, sample->received, sample->receive_buffer);
	if (row && queues & SEND)
		fill_add(&row->send, sample->sent, sample->send_buffer);
	return 0;
}

#ifndef RS_LEGACY

/* Of a socket of known type. */
static __always_inline int sample_typed(struct sock *sk, __u32 queues)
{
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);
	struct sample sample = {};
	struct owner owner;

	if (!tcp || !is_connected(sk->__sk_common.skc_family, sk->__sk_common.skc_state) ||
	    !find_owner(current_task(), &owner))
		return 0;
	if (queues & RECEIVE) {
		sample.received = wire_queue_bytes(tcp->rcv_nxt, tcp->copied_seq);
		sample.receive_buffer = sk->sk_rcvbuf;
	}
	if (queues & SEND) {
		sample.sent = wire_queue_bytes(tcp->write_seq, tcp->snd_una);
		sample.send_buffer = sk->sk_sndbuf;
	}
	return count(&sample, &owner, queues);
}

#endif

/* Of an address. False: it is none of ours. */
static __always_inline bool read_sample(struct sock *sk, __u32 queues, struct sample *ret)
{
	struct tcp_sock *tcp = (struct tcp_sock *)sk;

	if (BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP ||
	    !is_connected(BPF_CORE_READ(sk, __sk_common.skc_family),
			  BPF_CORE_READ(sk, __sk_common.skc_state)))
		return false;
	if (queues & RECEIVE) {
		ret->received = wire_queue_bytes(BPF_CORE_READ(tcp, rcv_nxt),
						 BPF_CORE_READ(tcp, copied_seq));
		ret->receive_buffer = BPF_CORE_READ(sk, sk_rcvbuf);
	}
	if (queues & SEND) {
		ret->sent = wire_queue_bytes(BPF_CORE_READ(tcp, write_seq),
					     BPF_CORE_READ(tcp, snd_una));
		ret->send_buffer = BPF_CORE_READ(sk, sk_sndbuf);
	}
	return true;
}

static __always_inline int sample_read(struct sock *sk, struct task_struct *task, __u32 queues)
{
	struct sample sample = {};
	struct owner owner;

	if (!read_sample(sk, queues, &sample) || !find_owner(task, &owner))
		return 0;
	return count(&sample, &owner, queues);
}

#ifndef RS_LEGACY

SEC("?fentry/tcp_recvmsg")
int BPF_PROG(rs_tcp_recv, struct sock *sk)
{
	return sample_typed(sk, RECEIVE);
}

SEC("?fentry/tcp_sendmsg")
int BPF_PROG(rs_tcp_send, struct sock *sk)
{
	return sample_typed(sk, SEND);
}

#endif

SEC("?kprobe/tcp_recvmsg")
int rs_tcp_krecv(struct pt_regs *ctx)
{
	return sample_read((struct sock *)fn_arg1(ctx), current_task(), RECEIVE);
}

SEC("?kprobe/tcp_sendmsg")
int rs_tcp_ksend(struct pt_regs *ctx)
{
	return sample_read((struct sock *)fn_arg1(ctx), current_task(), SEND);
}

#ifndef RS_LEGACY

/* 6.3: "net: Add tracepoints to sock_recvmsg and sock_sendmsg". After the call, any protocol. */
SEC("?tp_btf/sock_recv_length")
int BPF_PROG(rs_tcp_received, struct sock *sk)
{
	return sample_typed(sk, RECEIVE);
}

SEC("?tp_btf/sock_send_length")
int BPF_PROG(rs_tcp_sent, struct sock *sk)
{
	return sample_typed(sk, SEND);
}

/* After each part of what a task reads. */
SEC("?tp_btf/tcp_rcv_space_adjust")
int BPF_PROG(rs_tcp_adjusted, struct sock *sk)
{
	return sample_typed(sk, RECEIVE);
}

/* A segment has arrived: no task of the socket's is running. With cgroup v2 the socket keeps the
 * cgroup of the task that made it. */
SEC("?raw_tp/tcp_probe")
int BPF_PROG(rs_tcp_probed, struct sock *sk)
{
	struct cgroup *cgroup = BPF_CORE_READ(sk, sk_cgrp_data.cgroup);
	struct sample sample = {};
	struct owner owner = {
		.key = {.id = BPF_CORE_READ(cgroup, kn, id),
			.hierarchy = BPF_CORE_READ(cgroup, root, hierarchy_id)},
		.kn = BPF_CORE_READ(cgroup, kn),
	};

	return read_sample(sk, SEND, &sample) ? count(&sample, &owner, SEND) : 0;
}

#endif

/* bpf_sock_from_file() is 5.11. */
static __always_inline struct socket *held_socket(struct file___held *file)
{
	return file_magic(file) == SOCKFS_MAGIC ? BPF_CORE_READ(file, private_data) : NULL;
}

/* All files of all tasks. An iterator over TCP sockets would show those of one network namespace,
 * and not whose they are. */
SEC("?iter/task_file")
int BPF_PROG(rs_tcp_look, struct bpf_iter_meta *meta, struct task_struct *task, __u64 fd,
	     struct file___held *file)
{
	struct socket *socket;
	struct sock *sk;

	if (!file || !task)
		return 0;
	socket = held_socket(file);
	if (!socket)
		return 0;
	sk = BPF_CORE_READ(socket, sk);
	return sk ? sample_read(sk, task, RECEIVE | SEND) : 0;
}

const volatile __u32 rs_tcp_row_bytes = sizeof(struct wire_tcp_row); /* of all CPUs */

/* As ROWS_PROGRAM(), with the rows of all CPUs one after another. */
SEC("?iter/bpf_map_elem")
int BPF_PROG(rs_tcp_rows, struct bpf_iter_meta *meta, void *map, void *key, void *rows)
{
	struct seq_file *seq = meta->seq;

	if (!key || !rows)
		return 0;
	(void)bpf_seq_write(seq, key, sizeof(struct wire_cgroup_key));
	(void)bpf_seq_write(seq, rows, rs_tcp_row_bytes);
	return 0;
}
