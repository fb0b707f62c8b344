/* SPDX-License-Identifier: Apache-2.0 */
/* "nginx[77] keyctl → EPERM": who called what, and what it got. */
#include <stdlib.h>
#include <string.h>

#include "consumer/kinds/sentence-internal.h"
#include "consumer/text/phrases.h"
#include "proto/base/util.h"

#define SECOND UINT64_C(1000000000)
#define ENOSYS_NUMBER 38 /* of all architectures we run on, whatever reads the stream */

/* What a denial and its Limited have in common. */
struct denial {
	const char *arch_name, *syscall_name, *error_name;
	Ringside__V1__SeccompAction action;
	uint32_t error_number;
	int32_t syscall_number;
	bool has_syscall, has_error, strict;
};

static int compare_name(const void *key, const void *name)
{
	return strcmp(key, *(const char *const *)name);
}

bool text_falls_back(const char *syscall_name)
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

static void put_call(struct line *line, const struct denial *denial,
		     const Ringside__V1__Header *header)
{
	const char *native = header && text_has(header->architecture) ? header->architecture : NULL;

	if (text_has(denial->syscall_name)) {
		line_safe(line, denial->syscall_name, TEXT_NAME_MAX);
	} else if (denial->has_syscall) {
		line_text(line, "syscall ");
		line_int(line, denial->syscall_number);
	} else if (denial->action == RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_TRACE) {
		line_text(line, "a syscall its tracer overwrote");
	} else {
		line_text(line, "a syscall of unknown number");
	}
	/* an i386 call of a 64-bit kernel has other numbers and often another filter */
	if (text_has(denial->arch_name) && !text_equal(denial->arch_name, native) &&
	    (native ||
	     (strcmp(denial->arch_name, "x86_64") && strcmp(denial->arch_name, "aarch64")))) {
		line_text(line, " (");
		line_safe(line, denial->arch_name, TEXT_NAME_MAX);
		line_text(line, ")");
	}
}

/* "EPERM", "errno 250", "0" */
static void put_error(struct line *line, const struct denial *denial)
{
	if (denial->has_error && denial->error_number == 0) {
		line_text(line, "0");
	} else if (text_has(denial->error_name)) {
		line_safe(line, denial->error_name, TEXT_NAME_MAX);
	} else if (denial->has_error) {
		line_text(line, "errno ");
		line_uint(line, denial->error_number);
	} else {
		line_text(line, "refused");
	}
}

static void put_errno(struct line *line, const struct denial *denial)
{
	put_error(line, denial);
	if (!denial->has_error && !text_has(denial->error_name))
		line_text(line, " (errno not known)");
	else if (denial->has_error && denial->error_number == 0)
		line_text(line, " (not run, but told that it was)");
}

static void put_trace(struct line *line, const struct denial *denial)
{
	put_error(line, denial);
	/* a tracer refuses by overwriting the number; without one the kernel answers ENOSYS */
	if (denial->has_syscall && denial->error_number == ENOSYS_NUMBER)
		line_text(line, " (needs a tracer, none is attached)");
	else
		line_text(line, " (refused by its tracer)");
}

static void put_notify(struct line *line, const struct denial *denial)
{
	put_error(line, denial);
	if (denial->has_error && denial->error_number == 0)
		line_text(line, " (answered by its supervisor, not run)");
	else if (denial->error_number == ENOSYS_NUMBER)
		line_text(line, " (refused by its supervisor, or none is listening)");
	else
		line_text(line, " (refused by its supervisor)");
}

static void put_outcome(struct line *line, const struct denial *denial)
{
	line_text(line, " → ");
	if (denial->strict) {
		line_text(line, "killed (SIGKILL: strict mode allows only read, write, exit and "
				"sigreturn)");
		return;
	}
	switch (denial->action) {
	case RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_ERRNO:
		put_errno(line, denial);
		break;
	case RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_TRAP:
		line_text(line, "SIGSYS sent");
		break;
	case RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_KILL_PROCESS:
		line_text(line, "process killed (SIGSYS)");
		break;
	case RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_KILL_THREAD:
		line_text(line, "thread killed (SIGSYS)");
		break;
	case RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_TRACE:
		put_trace(line, denial);
		break;
	case RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_USER_NOTIF:
		put_notify(line, denial);
		break;
	case RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_LOG:
		line_text(line, "allowed, but logged");
		break;
	default:
		put_error(line, denial);
		line_text(line, " (action not known)");
		break;
	}
}

static bool harmless(const struct denial *denial)
{
	return denial->action == RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_ERRNO &&
	       (denial->error_number == ENOSYS_NUMBER ||
		text_equal(denial->error_name, "ENOSYS")) &&
	       text_falls_back(denial->syscall_name);
}

static void put_note(struct line *line, const struct denial *denial)
{
	if (harmless(denial))
		line_text(line, " (programs fall back; usually harmless)");
}

void text_seccomp_denial(struct line *line, const Ringside__V1__SeccompDenial *message,
			 const Ringside__V1__Header *header)
{
	const struct denial denial = {
		.arch_name = message->arch_name,
		.syscall_name = message->syscall_name,
		.error_name = message->error_name,
		.action = message->action,
		.error_number = message->error_number,
		.syscall_number = message->syscall_number,
		.has_syscall = message->has_syscall_number,
		.has_error = message->has_error_number,
		.strict = message->strict_mode,
	};

	text_process(line, message->process);
	line_put(line, " ", 1);
	put_call(line, &denial, header);
	put_outcome(line, &denial);
	put_note(line, &denial);
}

/* "in 1 s": whole seconds, never less than one. */
static void put_period(struct line *line, const Ringside__V1__Limited *limited)
{
	uint64_t first = limited->first_boottime_nano, last = limited->last_boottime_nano;

	if (!limited->has_first_boottime_nano || !limited->has_last_boottime_nano || last < first)
		return;
	line_text(line, " in ");
	line_count(line, last - first <= SECOND ? 1 : (last - first + SECOND / 2) / SECOND);
	line_text(line, " s");
}

static void put_more(struct line *line, const Ringside__V1__Limited *limited)
{
	line_text(line, "× ");
	line_count(line, limited->count);
	line_text(line, " more");
	put_period(line, limited);
}

void text_seccomp_limited(struct line *line, const Ringside__V1__Limited *limited,
			  const Ringside__V1__Header *header)
{
	const struct denial denial = {
		.arch_name = limited->arch_name,
		.syscall_name = limited->syscall_name,
		.error_name = limited->error_name,
		.action = limited->action,
		.error_number = limited->error_number,
		.syscall_number = limited->syscall_number,
		.has_syscall = limited->has_syscall_number,
		.has_error = limited->has_error_number,
	};

	if (limited->overflow || limited->others) {
		text_limited(line, limited);
		return;
	}
	put_call(line, &denial, header);
	put_outcome(line, &denial);
	line_text(line, "  ");
	put_more(line, limited);
	put_note(line, &denial);
}

/* Of a kind without words of its own, and of keys that found no room. */
void text_limited(struct line *line, const Ringside__V1__Limited *limited)
{
	text_events(line, limited->has_count, limited->count, limited->kind);
	line_text(line, " held back by the rate limits");
	put_period(line, limited);
	if (limited->overflow)
		line_text(line, " (whose is not known: the tables were full)");
	else if (limited->others && limited->container)
		line_text(line, " (of other kinds of calls: more than its share of the table)");
	else if (limited->others)
		line_text(line, " (of other containers: more than are kept apart)");
}
