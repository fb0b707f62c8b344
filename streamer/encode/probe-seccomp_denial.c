/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "streamer/encode/message-parts.h"
#include "streamer/encode/probe-table.h"

#define FIXED sizeof(struct wire_seccomp_denial)

/* The fields before the registers. NULL: a path is not whole. */
static uint8_t *put_start(struct encoder *encoder, const struct wire_seccomp_denial *denial,
			  const struct cgroup **ret_cgroup, uint8_t *p)
{
	const struct wire_head *head = &denial->head;
	const struct wire_denial_key *key = &denial->key;
	const struct syscalls_call *call;
	const struct syscalls_verdict *verdict;

	p = encode_process(encoder, head, FIXED, &denial->process, FIELD_SECCOMP_DENIAL_PROCESS, p);
	if (!p || encode_find_cgroup(encoder, head, FIXED, &denial->cgroup, ret_cgroup) < 0)
		return NULL;
	p = encode_cgroup(*ret_cgroup, &denial->cgroup, FIELD_SECCOMP_DENIAL_CONTAINER, p);

	call = syscalls_call(&encoder->syscalls, key->arch,
			     denial->flags & WIRE_SECCOMP_HAS_NR ? key->nr : SYSCALLS_NO_NR);
	memcpy(p, call->encoded, sizeof(call->encoded));
	p += call->size;
	verdict = syscalls_verdict(&encoder->syscalls, key->action,
				   denial->flags & WIRE_SECCOMP_HAS_ERRNO ? (int32_t)key->error
									  : SYSCALLS_NO_ERROR);
	memcpy(p, verdict->encoded, sizeof(verdict->encoded));
	p += verdict->size;
	if (denial->flags & WIRE_SECCOMP_HAS_DATA)
		p = put_uint(p, FIELD_SECCOMP_DENIAL_RET_DATA, denial->ret_data);
	return p;
}

static uint8_t *put_registers(uint8_t *p, const struct wire_seccomp_denial *denial)
{
	if (!(denial->flags & WIRE_SECCOMP_HAS_CALL))
		return p;
	p = put_uint(p, FIELD_SECCOMP_DENIAL_INSTRUCTION_POINTER, denial->ip);
	for (unsigned i = 0; i < 6; i++)
		p = put_uint(p, FIELD_SECCOMP_DENIAL_ARGS, denial->args[i]);
	return p;
}

/* The fields behind them: 13 bytes at most. */
static uint8_t *put_end(uint8_t *p, const struct wire_seccomp_denial *denial)
{
	const uint32_t flags = denial->flags;

	if (denial->filters) /* with a filter in force there is one at least: 0 is "not known" */
		p = put_uint(p, FIELD_SECCOMP_DENIAL_FILTERS, denial->filters);
	if (flags & (WIRE_SECCOMP_KNOWS_LOG | WIRE_SECCOMP_LOGGED))
		p = put_bool(p, FIELD_SECCOMP_DENIAL_LOGGED, flags & WIRE_SECCOMP_LOGGED);
	if (flags & WIRE_SECCOMP_STRICT)
		p = put_bool(p, FIELD_SECCOMP_DENIAL_STRICT_MODE, true);
	if (flags & WIRE_SECCOMP_ACTION_GUESS) {
		p = pb_put_varint(p, FIELD_SECCOMP_DENIAL_ACTION_INFERRED << 3 | PB_VARINT);
		*p++ = true;
	}
	return p;
}

/* Whether the next denial that says the same may be encoded the same: all that it takes from
 * elsewhere is in the caches, which tell when it changes. */
static bool may_keep(const struct wire_seccomp_denial *denial, const struct cgroup *cgroup)
{
	return denial->process.start_boottime && path_is_absent(&denial->process.exe) && cgroup &&
	       denial->cgroup.id && path_is_absent(&denial->cgroup.path);
}

static __attribute__((noinline)) void keep_registers(struct denial_cache_entry *entry,
						     const struct wire_seccomp_denial *denial)
{
	uint8_t *p = put_registers(entry->message + entry->registers, denial);

	memcpy(entry->words + DENIAL_CACHE_REGISTERS,
	       denial_cache_words(denial) + DENIAL_CACHE_REGISTERS,
	       DENIAL_CACHE_N_REGISTERS * sizeof(entry->words[0]));
	entry->end = (uint16_t)(p - entry->message);
	entry->size = (uint32_t)(put_end(p, denial) - entry->message);
}

static __attribute__((noinline)) uint8_t *encode_new(struct encoder *encoder,
						     const struct wire_seccomp_denial *denial,
						     struct denial_cache_entry *entry,
						     uint8_t *start)
{
	const struct cgroup *cgroup;
	uint8_t *p = put_start(encoder, denial, &cgroup, start);

	if (!p)
		return NULL;
	if (may_keep(denial, cgroup) && p - start <= (ptrdiff_t)DENIAL_CACHE_START_MAX) {
		memcpy(entry->words, denial_cache_words(denial), sizeof(entry->words));
		entry->until = cgroup->retry_at;
		entry->executable = cache_latest(&encoder->executables);
		entry->cgroup = cache_latest(&encoder->cgroups.cache);
		entry->registers = (uint16_t)(p - start);
		memcpy(entry->message, start, entry->registers);
		keep_registers(entry, denial);
	}
	return put_end(put_registers(p, denial), denial);
}

static uint8_t *encode_changes(struct denial_cache_entry *entry,
			       const struct wire_seccomp_denial *denial, uint8_t *p)
{
	p = put_registers(put_raw(p, entry->message, entry->registers), denial);
	memcpy(p, entry->message + entry->end, DENIAL_CACHE_END_MAX);
	p += entry->size - entry->end;
	/* now and then: it costs more than it saves where they are never the same */
	if (!(++entry->changes % 64))
		keep_registers(entry, denial);
	return p;
}

static uint8_t *encode_denial(struct encoder *encoder, const struct wire_head *head, uint8_t *p)
{
	const struct wire_seccomp_denial *denial = (const struct wire_seccomp_denial *)head;
	struct denial_cache_entry *entry = denial_cache_at(encoder->denials, denial);

	if (__builtin_expect(!denial_cache_says(entry, denial) ||
				     !cache_holds(&encoder->executables, &entry->executable) ||
				     !cache_holds(&encoder->cgroups.cache, &entry->cgroup),
			     0))
		return encode_new(encoder, denial, entry, p);
	if (denial_cache_same_registers(entry, denial))
		return put_raw(p, entry->message, entry->size);
	return encode_changes(entry, denial, p);
}

/* The same facts have other numbers in CounterRow and in Limited. */
struct key_fields {
	unsigned arch, arch_name, nr, name, action, error, error_name, others, trial;
};

static void put_key(const struct wire_denial_key *key, const struct key_fields *fields,
		    struct pb *pb)
{
	const char *arch_name = syscalls_arch_name(key->arch, key->nr);
	const char *error_name = key->error ? strerrorname_np((int)key->error) : NULL;
	const unsigned action = key->action == WIRE_OTHERS ? 0 : syscalls_action(key->action);
	char *name = syscalls_name(key->arch, key->nr);

	if (key->arch)
		pb_uint(pb, fields->arch, key->arch);
	if (arch_name)
		pb_string(pb, fields->arch_name, arch_name);
	if (key->nr != -1)
		pb_sint(pb, fields->nr, key->nr);
	if (name)
		pb_string(pb, fields->name, name);
	if (action)
		pb_uint(pb, fields->action, action);
	if (key->error)
		pb_uint(pb, fields->error, key->error);
	if (error_name)
		pb_string(pb, fields->error_name, error_name);
	if (key->action == WIRE_OTHERS)
		pb_bool(pb, fields->others, true);
	if (key->trial && fields->trial)
		pb_bool(pb, fields->trial, true);
	free(name);
}

static void row_key(const void *key, struct pb *pb)
{
	static const struct key_fields fields = {
		.arch = FIELD_COUNTER_ROW_ARCH,
		.arch_name = FIELD_COUNTER_ROW_ARCH_NAME,
		.nr = FIELD_COUNTER_ROW_SYSCALL_NUMBER,
		.name = FIELD_COUNTER_ROW_SYSCALL_NAME,
		.action = FIELD_COUNTER_ROW_ACTION,
		.error = FIELD_COUNTER_ROW_ERROR_NUMBER,
		.error_name = FIELD_COUNTER_ROW_ERROR_NAME,
		.others = FIELD_COUNTER_ROW_OTHERS,
		.trial = FIELD_COUNTER_ROW_SELF_TEST,
	};

	put_key(key, &fields, pb);
}

static void limited_key(const void *key, struct pb *pb)
{
	static const struct key_fields fields = {
		.arch = FIELD_LIMITED_ARCH,
		.arch_name = FIELD_LIMITED_ARCH_NAME,
		.nr = FIELD_LIMITED_SYSCALL_NUMBER,
		.name = FIELD_LIMITED_SYSCALL_NAME,
		.action = FIELD_LIMITED_ACTION,
		.error = FIELD_LIMITED_ERROR_NUMBER,
		.error_name = FIELD_LIMITED_ERROR_NAME,
		.others = FIELD_LIMITED_OTHERS,
	};

	put_key(key, &fields, pb);
}

const struct probe probe_seccomp_denial = {
	.name = "seccomp_denial",
	.alias = "seccomp",
	.field = FIELD_RECORD_SECCOMP_DENIAL,
	.record_min = FIXED,
	.key_size = sizeof(struct wire_denial_key),
	.encode = encode_denial,
	.row_key = row_key,
	.limited_key = limited_key,
	.keeps_rows = true,
	.others = offsetof(struct wire_denial_key, action),
	.trial = offsetof(struct wire_denial_key, trial),
};
