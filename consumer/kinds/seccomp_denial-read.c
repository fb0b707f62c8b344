/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "consumer/kinds/seccomp_denial-internal.h"
#include "proto/base/util.h"

#define COMMON(m)                                                                                  \
	.container = (m)->container, .arch = (m)->arch, .arch_name = (m)->arch_name,               \
	.syscall_name = (m)->syscall_name, .error_name = (m)->error_name, .action = (m)->action,   \
	.error_number = (m)->error_number, .syscall_number = (m)->syscall_number,                  \
	.has_syscall = (m)->has_syscall_number, .has_error = (m)->has_error_number

struct denial denial_read(const Ringside__V1__Record *record)
{
	const Ringside__V1__SeccompDenial *denial = record->seccomp_denial;

	if (record->body_case == RINGSIDE__V1__RECORD__BODY_LIMITED)
		return (struct denial){.limited = record->limited, COMMON(record->limited)};
	return (struct denial){
		.process = denial->process,
		.strict = denial->strict_mode,
		COMMON(denial),
	};
}

static int compare_name(const void *key, const void *name)
{
	return strcmp(key, *(const char *const *)name);
}

static bool has_fallback(const char *syscall_name)
{
	/* Newer than the programs' oldest kernels: libc and the runtimes try them, and use an
	 * older call when they are told ENOSYS. Sorted. */
	static const char *const names[] = {
		"cachestat",
		"clone3",
		"close_range",
		"copy_file_range",
		"epoll_pwait2",
		"execveat",
		"faccessat2",
		"fchmodat2",
		"fsopen",
		"futex_waitv",
		"getrandom",
		"io_uring_setup",
		"landlock_create_ruleset",
		"membarrier",
		"memfd_create",
		"memfd_secret",
		"mount_setattr",
		"move_mount",
		"name_to_handle_at",
		"open_tree",
		"openat2",
		"pidfd_getfd",
		"pidfd_open",
		"pidfd_send_signal",
		"pkey_alloc",
		"preadv2",
		"process_madvise",
		"process_mrelease",
		"pwritev2",
		"renameat2",
		"rseq",
		"set_mempolicy_home_node",
		"statmount",
		"statx",
		"userfaultfd",
	};

	return text_has(syscall_name) &&
	       bsearch(syscall_name, names, ARRAY_SIZE(names), sizeof(*names), compare_name);
}

bool denial_is_harmless(const struct denial *denial)
{
	return denial->action == RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_ERRNO &&
	       (denial->error_number == DENIAL_ENOSYS ||
		text_equal(denial->error_name, "ENOSYS")) &&
	       has_fallback(denial->syscall_name);
}
