/* SPDX-License-Identifier: Apache-2.0 */
/* "nginx[77] keyctl → EPERM": who called what, and what it got. */
#include <string.h>

#include "consumer/kinds/kind.h"
#include "consumer/kinds/seccomp_denial-internal.h"
#include "consumer/read/body.h"
#include "consumer/text/phrases.h"
#include "proto/ringside-fields.h"

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
	if (denial->has_syscall && denial->error_number == DENIAL_ENOSYS)
		line_text(line, " (needs a tracer, none is attached)");
	else
		line_text(line, " (refused by its tracer)");
}

static void put_notify(struct line *line, const struct denial *denial)
{
	put_error(line, denial);
	if (denial->has_error && denial->error_number == 0)
		line_text(line, " (answered by its supervisor, not run)");
	else if (denial->error_number == DENIAL_ENOSYS)
		line_text(line, " (refused by its supervisor, or none is listening)");
	else
		line_text(line, " (refused by its supervisor)");
}

static inline void put_outcome(struct line *line, const struct denial *denial)
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

static void put_note(struct line *line, const struct denial *denial)
{
	if (denial_is_harmless(denial))
		line_text(line, " (programs fall back; usually harmless)");
}

static void put_sentence(struct line *line, const Ringside__V1__Record *record,
			 const Ringside__V1__Header *header)
{
	const struct denial denial = denial_read(record);

	if (!denial.limited) {
		text_process(line, denial.process);
		line_put(line, " ", 1);
	}
	put_call(line, &denial, header);
	put_outcome(line, &denial);
	if (denial.limited)
		text_more(line, denial.limited);
	if (record->self_test)
		line_text(line, " (by Ringside, to test itself)");
	put_note(line, &denial);
}

static void put_same(struct line *line, const Ringside__V1__Record *record,
		     const Ringside__V1__Header *header)
{
	const struct denial denial = denial_read(record);

	put_call(line, &denial, header);
	put_outcome(line, &denial);
	put_note(line, &denial);
}

/* Returns its end; NULL: there is no room for it. */
static char *put_key_name(char *p, const char *end, const char *name)
{
	const size_t size = (name ? strlen(name) : 0) + 1;

	if (!p || size > (size_t)(end - p))
		return NULL;
	memcpy(p, name ? name : "", size);
	return p + size;
}

static bool make_key(const Ringside__V1__Record *record, struct kind_key *key)
{
	const Ringside__V1__SeccompDenial *denial = record->seccomp_denial;
	char *p = key->names, *end = p + sizeof(key->names);

	*key = (struct kind_key){
		.numbers = {(uint32_t)denial->action, (uint32_t)denial->syscall_number,
			    denial->error_number, denial->arch, (uint32_t)denial->strict_mode},
		.has = (uint32_t)(denial->has_action | denial->has_syscall_number << 1 |
				  denial->has_error_number << 2 | denial->has_arch << 3 |
				  (denial->syscall_name != NULL) << 4 |
				  (denial->error_name != NULL) << 5 |
				  (denial->arch_name != NULL) << 6),
	};
	p = put_key_name(p, end, denial->syscall_name);
	p = put_key_name(p, end, denial->error_name);
	return put_key_name(p, end, denial->arch_name) != NULL;
}

/* Nothing was denied. */
static bool is_logged(const Ringside__V1__Record *record)
{
	const Ringside__V1__SeccompAction action =
		record->body_case == RINGSIDE__V1__RECORD__BODY_LIMITED
			? record->limited->action
			: record->seccomp_denial->action;

	return action == RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_LOG;
}

static const char *severity_of(const Ringside__V1__Record *record)
{
	const struct denial denial = denial_read(record);

	if (denial.strict)
		return "ERROR";
	switch (denial.action) {
	case RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_KILL_PROCESS:
	case RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_KILL_THREAD:
		return "ERROR";
	case RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_LOG:
		return "INFO";
	default:
		/* libraries try a call and do without */
		return denial.has_error && denial.error_number == DENIAL_ENOSYS ? "INFO" : "WARN";
	}
}

static void put_name(struct line *line, const Ringside__V1__Record *record)
{
	const struct denial denial = denial_read(record);
	const char *action = body_enum(&ringside__v1__seccomp_action__descriptor,
				       (int)denial.action, "SECCOMP_RET_");

	if (text_has(denial.syscall_name)) {
		line_safe(line, denial.syscall_name, TEXT_NAME_MAX);
	} else if (denial.has_syscall) {
		/* a number means nothing without its table */
		line_text(line, "syscall ");
		line_int(line, denial.syscall_number);
		line_text(line, text_has(denial.arch_name) ? " of " : "");
		line_safe(line, denial.arch_name, TEXT_NAME_MAX);
	} else {
		line_text(line, "unknown");
	}
	line_text(line, "\t");
	if (action)
		line_text(line, action);
	else
		line_int(line, (int)denial.action);
	line_text(line, "\t");
	if (text_has(denial.error_name)) {
		line_safe(line, denial.error_name, TEXT_NAME_MAX);
	} else if (denial.has_error) {
		line_text(line, "errno ");
		line_uint(line, denial.error_number);
	}
}

static const struct kind_list calls = {
	.name = "syscalls",
	.title = "System calls",
	.parts = {"syscall", "action", "errno"},
	.put = put_name,
};

const struct kind kind_seccomp_denial = {
	.name = "seccomp_denial",
	.word = "seccomp denial",
	.words = "seccomp denials",
	.option = "seccomp",
	.meant = (const char *const[]){"deny", "denied", "denial", "denials", "log", "syscall",
				       NULL},
	.event = "seccomp_denied",
	.body = RINGSIDE__V1__RECORD__BODY_SECCOMP_DENIAL,
	.limited = true,
	.others = "other kinds of calls",
	.tone = {"DENY", "\033[33m"},
	.mild_tone = {"LOG", "\033[36m"},
	.is_mild = is_logged,
	.severity = severity_of,
	.sentence = put_sentence,
	.same = put_same,
	.key = make_key,
	.key_first = FIELD_SECCOMP_DENIAL_ARCH,
	.key_last = FIELD_SECCOMP_DENIAL_ERROR_NAME,
	.advice = denial_advice,
	.list = &calls,
	.tax = "costs every process about 0.2 µs a system call",
};
