/* SPDX-License-Identifier: Apache-2.0 */
/* Two direct-mapped tables: what is used again is one compare away, and what is not costs one
 * library call, whatever numbers a process makes up. */
#include "streamer/encode/syscalls.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/kernel-names.h"
#include "proto/base/util.h"
#include "proto/record/pb.h"
#include "proto/ringside-fields.h"

#define CALLS 2048u
#define VERDICTS 256u

/* asm/unistd.h has it for x86 only */
#define X32_BIT 0x40000000

static bool is_x32(uint32_t arch, int32_t nr)
{
	return arch == AUDIT_ARCH_X86_64 && nr >= 0 && (nr & X32_BIT);
}

const char *syscalls_arch_name(uint32_t arch, int32_t nr)
{
	if (is_x32(arch, nr))
		return KERNEL_ARCH_X32;
	for (size_t i = 0; i < kernel_archs_n; i++)
		if (kernel_archs[i].number == arch)
			return kernel_archs[i].name;
	return NULL;
}

static uint32_t first_number(uint32_t arch)
{
	switch (arch) {
	case AUDIT_ARCH_MIPS:
	case AUDIT_ARCH_MIPSEL:
		return 4000;
	case AUDIT_ARCH_MIPS64:
	case AUDIT_ARCH_MIPSEL64:
		return 5000;
	case AUDIT_ARCH_MIPS64N32:
	case AUDIT_ARCH_MIPSEL64N32:
		return 6000;
	default:
		return 0;
	}
}

/* Numbers only x86-64 has, and its x32. */
static const char *x86_64_name(uint32_t number)
{
	for (size_t i = 0; i < kernel_x86_64_calls_n; i++)
		if (kernel_x86_64_calls[i].number == number)
			return kernel_x86_64_calls[i].name;
	return NULL;
}

static char *new_name(uint32_t arch, int32_t nr)
{
	const uint32_t number = (uint32_t)nr & ~(is_x32(arch, nr) ? X32_BIT : 0u);
	const uint32_t at = number - first_number(arch) - KERNEL_NEW_CALLS;
	const char *name = NULL;

	if (syscalls_arch_name(arch, nr) && at < kernel_new_calls_n)
		name = kernel_new_calls[at];
	else if (arch == AUDIT_ARCH_X86_64)
		name = x86_64_name(number);
	return name ? strdup(name) : NULL;
}

char *syscalls_name(uint32_t arch, int32_t nr)
{
	char *name;

	/* below 0 libseccomp has numbers of its own, for calls an architecture lacks */
	if (nr < 0)
		return NULL;
	name = seccomp_syscall_resolve_num_arch(is_x32(arch, nr) ? SCMP_ARCH_X32 : arch, nr);
	return name ? name : new_name(arch, nr);
}

unsigned syscalls_action(uint32_t action)
{
	switch (action) {
	case SECCOMP_RET_KILL_PROCESS:
		return PB_SECCOMP_RET_KILL_PROCESS;
	case SECCOMP_RET_KILL_THREAD:
		return PB_SECCOMP_RET_KILL_THREAD;
	case SECCOMP_RET_TRAP:
		return PB_SECCOMP_RET_TRAP;
	case SECCOMP_RET_ERRNO:
		return PB_SECCOMP_RET_ERRNO;
	case SECCOMP_RET_USER_NOTIF:
		return PB_SECCOMP_RET_USER_NOTIF;
	case SECCOMP_RET_TRACE:
		return PB_SECCOMP_RET_TRACE;
	case SECCOMP_RET_LOG:
		return PB_SECCOMP_RET_LOG;
	default:
		return PB_SECCOMP_RET_UNSPECIFIED;
	}
}

int syscalls_init(struct syscalls *syscalls)
{
	*syscalls = (struct syscalls){
		.calls = calloc(CALLS, sizeof(*syscalls->calls)),
		.verdicts = calloc(VERDICTS, sizeof(*syscalls->verdicts)),
	};
	if (syscalls->calls && syscalls->verdicts)
		return 0;
	syscalls_done(syscalls);
	return -ENOMEM;
}

void syscalls_done(struct syscalls *syscalls)
{
	free(syscalls->calls);
	free(syscalls->verdicts);
	*syscalls = (struct syscalls){};
}

static void fill_call(struct syscalls_call *call, uint32_t arch, int64_t nr)
{
	const int32_t number = nr == SYSCALLS_NO_NR ? -1 : (int32_t)nr;
	const char *arch_name = syscalls_arch_name(arch, number);
	_cleanup_free_ char *name = syscalls_name(arch, number);
	uint8_t buf[256]; /* pb.h wants more room than it uses */
	struct pb pb = pb_make(buf, sizeof(buf));

	if (arch)
		pb_uint(&pb, FIELD_SECCOMP_DENIAL_ARCH, arch);
	if (arch_name)
		pb_string(&pb, FIELD_SECCOMP_DENIAL_ARCH_NAME, arch_name);
	if (nr != SYSCALLS_NO_NR)
		pb_sint(&pb, FIELD_SECCOMP_DENIAL_SYSCALL_NUMBER, number);
	if (name && (size_t)(pb.p - buf) + 2 + strlen(name) <= SYSCALLS_CALL_SIZE)
		pb_string(&pb, FIELD_SECCOMP_DENIAL_SYSCALL_NAME, name);

	*call = (struct syscalls_call){.arch = arch, .nr = nr, .size = (uint8_t)(pb.p - buf)};
	memcpy(call->encoded, buf, call->size);
}

const struct syscalls_call *syscalls_call(struct syscalls *syscalls, uint32_t arch, int64_t nr)
{
	/* the ABIs of one machine (64 and 32 bit, x32) get 512 slots each */
	uint32_t slot = (uint32_t)nr ^ (uint32_t)nr >> 20 ^ (arch >> 31) << 9;
	struct syscalls_call *call = &syscalls->calls[slot & (CALLS - 1)];

	if (__builtin_expect(call->arch != arch || call->nr != nr || !call->size, 0))
		fill_call(call, arch, nr);
	return call;
}

static void fill_verdict(struct syscalls_verdict *verdict, uint32_t action, int32_t error)
{
	const char *name = error > 0 ? strerrorname_np(error) : NULL;
	uint8_t buf[128];
	struct pb pb = pb_make(buf, sizeof(buf));

	if (syscalls_action(action))
		pb_uint(&pb, FIELD_SECCOMP_DENIAL_ACTION, syscalls_action(action));
	if (error >= 0)
		pb_uint(&pb, FIELD_SECCOMP_DENIAL_ERROR_NUMBER, (uint32_t)error);
	if (name && (size_t)(pb.p - buf) + 2 + strlen(name) <= SYSCALLS_VERDICT_SIZE)
		pb_string(&pb, FIELD_SECCOMP_DENIAL_ERROR_NAME, name);

	*verdict = (struct syscalls_verdict){
		.action = action,
		.error = error,
		.size = (uint8_t)(pb.p - buf),
	};
	memcpy(verdict->encoded, buf, verdict->size);
}

const struct syscalls_verdict *syscalls_verdict(struct syscalls *syscalls, uint32_t action,
						int32_t error)
{
	uint32_t slot = (uint32_t)error ^ action >> 15;
	struct syscalls_verdict *verdict = &syscalls->verdicts[slot & (VERDICTS - 1)];

	if (__builtin_expect(verdict->action != action || verdict->error != error || !verdict->size,
			     0))
		fill_verdict(verdict, action, error);
	return verdict;
}
