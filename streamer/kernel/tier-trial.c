/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/kernel/tier-trial.h"

#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "proto/base/count.h"
#include "proto/base/util.h"
#include "streamer/compile/types.h"
#include "streamer/kernel/refusal.h"

#define PERF_PARANOID "/proc/sys/kernel/perf_event_paranoid"
#define MEMLOCK_TRIAL (4u << 20) /* less than the rings and maps take */
#define KPROBE_PMU "/sys/bus/event_source/devices/kprobe/type"

static bool has_capability(const struct __user_cap_data_struct *data, unsigned cap)
{
	return data[cap / 32].effective & 1u << (cap % 32);
}

/* 5.11: 97306be45fbe and what follows it, "bpf: Eliminate rlimit-based memory accounting". */
static bool counts_memlock(void)
{
	struct utsname machine;
	unsigned major, minor;

	return !uname(&machine) && sscanf(machine.release, "%u.%u", &major, &minor) == 2 &&
	       (major < 5 || (major == 5 && minor < 11));
}

/* Before 5.11, maps are counted against RLIMIT_MEMLOCK, and to raise that takes CAP_SYS_RESOURCE.
 * libbpf raises it where it has to. */
static int check_memlock(char *error, size_t size)
{
	const struct rlimit wanted = {RLIM_INFINITY, RLIM_INFINITY};
	struct rlimit limit;
	_cleanup_close_ int fd = -1;

	if (!counts_memlock() || getrlimit(RLIMIT_MEMLOCK, &limit) ||
	    limit.rlim_cur == RLIM_INFINITY)
		return 0;
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "rs_try", sizeof(__u32), MEMLOCK_TRIAL, 1, NULL);
	if (fd >= 0 || errno != EPERM || !setrlimit(RLIMIT_MEMLOCK, &wanted))
		return 0;
	return refuse(error, size, -EPERM,
		      "no memory for BPF maps: this kernel (before 5.11) counts them against "
		      "RLIMIT_MEMLOCK (%s KiB), and CAP_SYS_RESOURCE is missing to raise it; "
		      "run it with sudo, or give it CAP_SYS_RESOURCE or LimitMEMLOCK=infinity",
		      COUNT(limit.rlim_cur >> 10));
}

/* A small map: whoever may not have it, though he has the capabilities, may have nothing. */
static int check_map(char *error, size_t size)
{
	_cleanup_close_ int fd =
		bpf_map_create(BPF_MAP_TYPE_ARRAY, "rs_try", sizeof(__u32), sizeof(__u32), 1, NULL);
	int r = fd < 0 ? -errno : 0;

	if (r)
		refusal_explain("bpf", r, error, size);
	return r;
}

static int check_limits(char *error, size_t size)
{
	int r = refusal_of_files(error, size);

	if (!r)
		r = check_memlock(error, size);
	return r ? r : check_map(error, size);
}

int trial_privileges(char *error, size_t size)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};
	bool bpf, perfmon;

	if (syscall(__NR_capget, &header, data))
		return -errno;
	if (has_capability(data, CAP_SYS_ADMIN))
		return check_limits(error, size);
	bpf = has_capability(data, CAP_BPF);
	perfmon = has_capability(data, CAP_PERFMON);
	if (bpf && perfmon)
		return check_limits(error, size);
	(void)snprintf(
		error, size,
		"no permission to load BPF programs: %s%s%s missing; run it with sudo, or give "
		"it CAP_BPF and CAP_PERFMON",
		bpf ? "" : "CAP_BPF", !bpf && !perfmon ? " and " : "",
		perfmon ? "" : "CAP_PERFMON");
	return -EPERM;
}

bool trial_is_modern(void)
{
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_SOCKET_FILTER, BPF_FUNC_loop, NULL) != 0;
}

int trial_machine(const char *btf_path, const struct btf *wanted, struct types **ret, char *error,
		  size_t size)
{
	int r = types_new(ret, btf_path, wanted);

	if (r == 0)
		return 0;
	if (btf_path)
		(void)snprintf(error, size, "--btf %s: no BTF can be read from it: %s", btf_path,
			       r == -EBADMSG ? "it holds none" : strerrordesc_np(-r));
	else if (r == -ENOENT)
		(void)snprintf(error, size,
			       TRIAL_NO_BTF "; give it with --btf FILE, or have the programs "
					    "compiled here with --build runtime");
	else
		(void)snprintf(error, size, TYPES_KERNEL " cannot be read: %s%s",
			       strerrordesc_np(-r),
			       r == -EFBIG
				       ? ": the limit of a file's size (ulimit -f, LimitFSIZE=) "
					 "is too low for what loading writes to memory"
				       : "");
	return r;
}

/* Loads a program that does nothing, of a type that goes on @function. A file descriptor or -errno.
 */
static int load_nothing(const struct types *types, const char *function, enum bpf_attach_type type)
{
	struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = type);
	unsigned params;
	int fd;

	opts.attach_btf_id = types_function(types, function, &params);
	if (!opts.attach_btf_id)
		return -ESRCH;
	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "rs_try", "GPL", insns, ARRAY_SIZE(insns), &opts);
	return fd < 0 ? -errno : fd;
}

/* Puts a program that does nothing on @function. */
static int try_fentry(const struct types *types, const char *function)
{
	_cleanup_close_ int prog = load_nothing(types, function, BPF_TRACE_FENTRY), link = -1;

	if (prog < 0)
		return prog;
	link = bpf_raw_tracepoint_open(NULL, prog);
	return link < 0 ? -errno : 0;
}

bool trial_iterator(const struct types *types, const char *kind)
{
	_cleanup_close_ int prog = -1;
	char function[64];

	if (!types_are_carried())
		return false;
	(void)snprintf(function, sizeof(function), "bpf_iter_%s", kind);
	prog = load_nothing(types, function, BPF_TRACE_ITER);
	return prog >= 0;
}

/* mark_victim(task, uid) since 6.8 and in stable kernels of 2024; mark_victim(pid) before. */
static int try_tracepoint(const struct types *types, const char *name, char *error, size_t size)
{
	const bool shape_matters = !strcmp(name, "mark_victim");
	bool pointer;

	if (!types_tracepoint(types, name, &pointer)) {
		if (!shape_matters && !types_have_functions(types))
			return 0; /* attaching will tell */
		return refuse(error, size, -ESRCH, "this kernel has no tracepoint %s%s", name,
			      types_have_functions(types) ? "" : ", as far as its BTF tells");
	}
	if (shape_matters && !pointer)
		return refuse(error, size, -EOPNOTSUPP,
			      "the tracepoint mark_victim of this kernel carries only a pid; its "
			      "stable updates since 2024 carry the task");
	return 0;
}

static bool read_number(const char *path, int *ret)
{
	_cleanup_fclose_ FILE *f = fopen(path, "re");

	return f && fscanf(f, "%d", ret) == 1;
}

/* CAP_PERFMON is enough for kprobes (5.8, c9e0924e5c2b), but Debian's and Ubuntu's kernels know
 * a level 3 of perf_event_paranoid, above which is only CAP_SYS_ADMIN. */
static void explain_perf(int r, char *error, size_t size)
{
	int paranoid = 0;

	if (r == -EACCES && read_number(PERF_PARANOID, &paranoid) && paranoid > 2)
		(void)snprintf(error, size,
			       "perf_event_open is refused: CAP_SYS_ADMIN is missing, or "
			       "`sudo sysctl kernel.perf_event_paranoid=2` (it is %d)",
			       paranoid);
	else if (r == -EPERM || r == -EACCES || r == -ENOSYS || r == -EMFILE || r == -ENOMEM)
		refusal_explain("perf_event_open", r, error, size);
	else
		(void)snprintf(error, size, "no kprobe can be put there: %s", strerrordesc_np(-r));
}

/* Puts a kprobe with nothing behind it on @function. */
static int try_perf(const char *function, char *error, size_t size)
{
	struct perf_event_attr attr = {.size = sizeof(attr)};
	_cleanup_close_ int fd = -1;
	int type, r;

	if (!read_number(KPROBE_PMU, &type))
		return 0; /* libbpf will have more to say */
	attr.type = (uint32_t)type;
	attr.kprobe_func = (uint64_t)(uintptr_t)function;
	fd = (int)syscall(__NR_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd >= 0)
		return 0;
	r = -errno;
	explain_perf(r, error, size);
	return r;
}

/* Kprobes come through their own PMU; where it is missing the kernel was built without. */
static int try_kprobe(const struct types *types, const char *function, char *error, size_t size)
{
	unsigned params;

	if (access(KPROBE_PMU, F_OK))
		return refuse(error, size, -EOPNOTSUPP, "this kernel was built without kprobes");
	/* Without a list of functions, attaching will tell. */
	if (types_have_functions(types) && !types_function(types, function, &params))
		return refuse(error, size, -ESRCH, "this kernel has no function %s", function);
	return try_perf(function, error, size);
}

int trial_tier(const struct types *types, const struct tier *tier, char *error, size_t size)
{
	unsigned params;
	int r;

	if (tier->functions[0] && !types_are_carried())
		return refuse(error, size, -EOPNOTSUPP,
			      "programs on functions need a kernel that carries its "
			      "own BTF");
	for (size_t i = 0; i < KERNEL_TEXTS && tier->tracepoints[i]; i++) {
		r = try_tracepoint(types, tier->tracepoints[i], error, size);
		if (r)
			return r;
	}
	for (size_t i = 0; i < KERNEL_TEXTS && tier->kprobes[i]; i++) {
		r = try_kprobe(types, tier->kprobes[i], error, size);
		if (r)
			return r;
	}
	for (size_t i = 0; i < KERNEL_TEXTS && tier->iterators[i]; i++) {
		if (trial_iterator(types, tier->iterators[i]))
			continue;
		return refuse(error, size, -EOPNOTSUPP, "this kernel gives no iterator %s",
			      tier->iterators[i]);
	}
	if (tier->sign && !types_function(types, tier->sign, &params))
		return refuse(error, size, -EOPNOTSUPP,
			      "its return probes are limited in number, and tasks that wait in a "
			      "call use them up (no function %s, which came with 6.14)",
			      tier->sign);
	for (size_t i = 0; i < KERNEL_TEXTS && tier->functions[i]; i++) {
		r = try_fentry(types, tier->functions[i]);
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

bool trial_program_fits(const struct types *types, const char *program)
{
	unsigned params = 0;

	size_t length = strlen(program);

	/* Two shapes of one program: for the function with an argument, and without. */
	if (strncmp(program, "rs_sec_exit", 11) != 0 && strncmp(program, "rs_sec_outcome", 14) != 0)
		return true;
	if (program[length - 1] != '0' && program[length - 1] != '1')
		return true;
	return types_function(types, "__secure_computing", &params) &&
	       (params > 0) == (program[length - 1] == '1');
}
