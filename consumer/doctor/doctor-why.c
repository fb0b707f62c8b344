/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include "consumer/doctor/doctor.h"
#include "consumer/layout/columns.h"
#include "proto/base/util.h"

#define SUDO "sudo ringside doctor"
#define CAP(n) (UINT64_C(1) << (n))

/* Missing: an empty text. */
static void read_text(const char *path, char *buf, size_t size)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read_full(fd, buf, size - 1);

	buf[n > 0 ? n : 0] = '\0';
}

_printf_(3, 4) static void say_why(struct doctor_why *why, const char *command, const char *format,
				   ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(why->text, sizeof(why->text), format, args);
	va_end(args);
	(void)snprintf(why->command, sizeof(why->command), "%s", command);
}

/* The capabilities of this process, which the streamer gets. */
static bool read_capabilities(uint64_t *ret)
{
	char status[8192];
	const char *caps;

	read_text("/proc/self/status", status, sizeof(status));
	caps = strstr(status, "\nCapEff:");
	*ret = caps ? strtoull(caps + strlen("\nCapEff:"), NULL, 16) : 0;
	return caps;
}

/* Capabilities of a user namespace of one's own do not count for bpf(2). */
static bool why_namespace(struct doctor_why *why)
{
	unsigned inside, outside, n;
	char map[128];

	read_text("/proc/self/uid_map", map, sizeof(map));
	if (sscanf(map, "%u %u %u", &inside, &outside, &n) != 3 ||
	    (!inside && !outside && n == UINT32_MAX))
		return false;
	say_why(why, "",
		"this is a user namespace (a rootless or remapped container), whose capabilities "
		"do not count for bpf(2): run it outside of it");
	return true;
}

/* A command that does not exist: only a seccomp profile answers with these. */
static bool why_profile(struct doctor_why *why)
{
	if (syscall(__NR_bpf, -1, NULL, 0) >= 0 || (errno != EPERM && errno != ENOSYS))
		return false;
	say_why(why, "",
		"a seccomp profile of this container or service forbids bpf(2): let it allow bpf "
		"and perf_event_open (docker run --security-opt seccomp=FILE, or SystemCallFilter= "
		"of the unit)");
	return true;
}

static bool why_privileges(uint64_t have, struct doctor_why *why)
{
	const uint64_t admin = CAP(CAP_SYS_ADMIN), bpf = CAP(CAP_BPF), perfmon = CAP(CAP_PERFMON);

	if (have & admin || (have & bpf && have & perfmon))
		return false;
	say_why(why, SUDO,
		"%s%s%s missing: run it as root, or give the service CAP_BPF and CAP_PERFMON "
		"(AmbientCapabilities=)",
		have & bpf ? "" : "CAP_BPF", have & (bpf | perfmon) ? "" : " and ",
		have & perfmon ? "" : "CAP_PERFMON");
	return true;
}

/* Maps count against RLIMIT_MEMLOCK before 5.11. */
static bool why_memlock(uint64_t have, struct doctor_why *why)
{
	struct utsname machine;
	struct rlimit limit;
	unsigned major, minor;

	if (have & CAP(CAP_SYS_RESOURCE) || uname(&machine) ||
	    sscanf(machine.release, "%u.%u", &major, &minor) != 2 || major > 5 ||
	    (major == 5 && minor >= 11) || getrlimit(RLIMIT_MEMLOCK, &limit) ||
	    limit.rlim_cur == RLIM_INFINITY)
		return false;
	say_why(why, SUDO,
		"CAP_SYS_RESOURCE missing, which Linux %u.%u wants for BPF maps: run it as root, "
		"or give the service that too, or LimitMEMLOCK=infinity",
		major, minor);
	return true;
}

size_t doctor_why(struct doctor_why ret[DOCTOR_WHYS])
{
	char lockdown[128];
	uint64_t have;
	size_t n = 0;

	if (read_capabilities(&have)) {
		size_t missing = why_privileges(have, &ret[n]);

		n += missing;
		n += why_namespace(&ret[n]);
		n += !missing && !n && why_profile(&ret[n]);
		n += why_memlock(have, &ret[n]);
	}
	if (access("/sys/kernel/btf/vmlinux", F_OK) < 0)
		say_why(&ret[n++], "sudo apt-get install clang linux-headers-$(uname -r)",
			"/sys/kernel/btf/vmlinux is missing, the types of this kernel: with clang "
			"and the kernel's headers the programs are compiled here; or get the BTF "
			"of this very build and pass it with `ringside doctor -- --btf FILE`");
	read_text("/sys/kernel/security/lockdown", lockdown, sizeof(lockdown));
	if (strstr(lockdown, "[confidentiality]"))
		say_why(&ret[n++], "",
			/* There is no lockdown=none: security/lockdown knows these two. */
			"kernel lockdown is in confidentiality mode, which forbids BPF to read "
			"kernel memory: boot with lockdown=integrity in place of "
			"lockdown=confidentiality");
	return n;
}

void doctor_explain(struct writer *writer)
{
	struct doctor_why whys[DOCTOR_WHYS];
	const size_t n = doctor_why(whys);
	struct columns columns;

	columns_init(&columns, writer, false);
	for (size_t i = 0; i < n; i++)
		columns_row(&columns, "why", whys[i].text);
	for (size_t i = 0; i < n; i++)
		if (whys[i].command[0])
			columns_row(&columns, "to do", whys[i].command);
}
