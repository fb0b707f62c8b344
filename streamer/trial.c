/* SPDX-License-Identifier: Apache-2.0 */
#include "trial.h"

#include <linux/bpf.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/syscall.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "util.h"

#define VMLINUX_BTF "/sys/kernel/btf/vmlinux"

static bool capable(const struct __user_cap_data_struct *data, unsigned cap)
{
	return data[cap / 32].effective & 1u << (cap % 32);
}

static int check_privileges(char *error, size_t size)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};
	bool bpf, perfmon;

	if (syscall(__NR_capget, &header, data))
		return -errno;
	if (capable(data, CAP_SYS_ADMIN))
		return 0;
	bpf = capable(data, CAP_BPF);
	perfmon = capable(data, CAP_PERFMON);
	if (bpf && perfmon)
		return 0;
	(void)snprintf(
		error, size,
		"no permission to load BPF programs: %s%s%s missing; run it with sudo, or give "
		"it CAP_BPF and CAP_PERFMON",
		bpf ? "" : "CAP_BPF", !bpf && !perfmon ? " and " : "",
		perfmon ? "" : "CAP_PERFMON");
	return -EPERM;
}

int trial_machine(const char *btf_path, struct btf **ret_btf, char *error, size_t size)
{
	const char *path = btf_path ? btf_path : VMLINUX_BTF;
	struct btf *btf;
	int r;

	r = check_privileges(error, size);
	if (r)
		return r;
	btf = btf__parse(path, NULL);
	if (btf) {
		*ret_btf = btf;
		return 0;
	}
	r = -errno;
	if (btf_path)
		(void)snprintf(error, size, "--btf %s: no BTF can be read from it: %s", path,
			       strerrordesc_np(-r));
	else if (r == -ENOENT)
		(void)snprintf(error, size,
			       "this kernel does not carry its types (%s is missing: "
			       "CONFIG_DEBUG_INFO_BTF is off); give them with --btf FILE",
			       path);
	else
		(void)snprintf(error, size, "%s cannot be read: %s", path, strerrordesc_np(-r));
	return r;
}

/* Puts a program that does nothing on @function. */
static int try_fentry(const struct btf *btf, const char *function)
{
	struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FENTRY);
	_cleanup_close_ int prog = -1, link = -1;
	int id = btf__find_by_name_kind(btf, function, BTF_KIND_FUNC);

	if (id < 0)
		return -ESRCH;
	opts.attach_btf_id = (__u32)id;
	prog = bpf_prog_load(BPF_PROG_TYPE_TRACING, "rs_try", "GPL", insns, ARRAY_SIZE(insns),
			     &opts);
	if (prog < 0)
		return -errno;
	link = bpf_raw_tracepoint_open(NULL, prog);
	return link < 0 ? -errno : 0;
}

/* The prototype of tracepoint @name: its first parameter is the probe's private data. */
static const struct btf_type *tracepoint_proto(const struct btf *btf, const char *name)
{
	const struct btf_type *type;
	char typedef_name[64];
	int id;

	(void)snprintf(typedef_name, sizeof(typedef_name), "btf_trace_%s", name);
	id = btf__find_by_name_kind(btf, typedef_name, BTF_KIND_TYPEDEF);
	if (id < 0)
		return NULL;
	type = btf__type_by_id(btf, btf__type_by_id(btf, (__u32)id)->type);
	if (!type || !btf_is_ptr(type))
		return NULL;
	type = btf__type_by_id(btf, type->type);
	return type && btf_is_func_proto(type) ? type : NULL;
}

/* mark_victim(task, uid) since 6.8 and in stable kernels of 2024; mark_victim(pid) before. */
static bool mark_victim_has_task(const struct btf *btf, const struct btf_type *proto)
{
	const struct btf_type *type;

	if (btf_vlen(proto) < 2)
		return false;
	type = btf__type_by_id(btf, btf_params(proto)[1].type);
	return type && btf_is_ptr(type);
}

static int try_tracepoint(const struct btf *btf, const char *name, char *error, size_t size)
{
	const struct btf_type *proto = tracepoint_proto(btf, name);

	if (!proto) {
		(void)snprintf(error, size, "this kernel has no tracepoint %s", name);
		return -ESRCH;
	}
	if (!strcmp(name, "mark_victim") && !mark_victim_has_task(btf, proto)) {
		(void)snprintf(error, size,
			       "the tracepoint mark_victim of this kernel carries only a pid; its "
			       "stable updates since 2024 carry the task");
		return -EOPNOTSUPP;
	}
	return 0;
}

int trial_tier(const struct btf *btf, const struct tier *tier, char *error, size_t size)
{
	int r;

	for (size_t i = 0; i < KERNEL_TEXTS && tier->tracepoints[i]; i++) {
		r = try_tracepoint(btf, tier->tracepoints[i], error, size);
		if (r)
			return r;
	}
	for (size_t i = 0; i < KERNEL_TEXTS && tier->functions[i]; i++) {
		r = try_fentry(btf, tier->functions[i]);
		if (!r)
			continue;
		if (r == -ESRCH)
			(void)snprintf(error, size, "this kernel has no function %s",
				       tier->functions[i]);
		else
			(void)snprintf(error, size, "the kernel refuses programs on %s: %s",
				       tier->functions[i], strerrordesc_np(-r));
		return r;
	}
	return 0;
}

bool trial_program_fits(const struct btf *btf, const char *program)
{
	const struct btf_type *type;
	bool takes_argument;
	int id;

	if (strncmp(program, "rs_sec_exit", 11))
		return true;
	id = btf__find_by_name_kind(btf, "__secure_computing", BTF_KIND_FUNC);
	if (id < 0)
		return false;
	type = btf__type_by_id(btf, btf__type_by_id(btf, (__u32)id)->type);
	takes_argument = type && btf_vlen(type);
	return takes_argument == (program[11] == '1');
}
