/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/kinds/likely-caller.h"

#include <string.h>

#include "consumer/kinds/kind.h"
#include "consumer/kinds/seccomp_denial-internal.h"
#include "consumer/text/phrases.h"
#include "proto/base/util.h"

_Static_assert(sizeof(struct culprits_key) == 32, "key");

static struct culprits_slot *slot_of(struct culprits *culprits, const struct culprits_key *key)
{
	uint64_t words[sizeof(*key) / 8], hash = 0;

	memcpy(words, key, sizeof(words));
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		hash = (hash ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15);
	return &culprits->slots[hash >> 56];
}

static struct culprits_key make_key(const struct denial *denial)
{
	const Ringside__V1__Container *container = denial->container;

	return (struct culprits_key){
		.cgroup_id = container ? container->cgroup_id : 0,
		.hierarchy_id = container ? container->hierarchy_id : 0,
		.arch = denial->arch,
		.syscall_number = denial->has_syscall ? denial->syscall_number : -1,
		.action = (int32_t)denial->action,
		.error_number = denial->error_number,
		.used = 1,
	};
}

static void see_denial(struct culprits *culprits, const struct denial *denial)
{
	const Ringside__V1__Process *process = denial->process;
	const struct culprits_key key = make_key(denial);
	struct culprits_slot *slot;
	const char *name = text_comm(process);

	if (!process || !process->has_pid)
		return;
	slot = slot_of(culprits, &key);
	if (memcmp(&slot->key, &key, sizeof(key)) != 0) {
		*slot = (struct culprits_slot){.key = key, .pid = process->pid, .one_pid = true};
		slot->one_name = text_has(name) && strlen(name) < CULPRITS_NAME;
		if (slot->one_name)
			memcpy(slot->name, name, strlen(name) + 1);
		return;
	}
	slot->one_pid = slot->one_pid && slot->pid == process->pid;
	slot->one_name = slot->one_name && text_equal(slot->name, name);
}

void culprits_see(struct culprits *culprits, const Ringside__V1__Record *record)
{
	if (record->body_case == RINGSIDE__V1__RECORD__BODY_HEADER) {
		memset(culprits, 0, sizeof(*culprits));
	} else if (record->body_case == RINGSIDE__V1__RECORD__BODY_SECCOMP_DENIAL) {
		const struct denial denial = denial_read(record);

		see_denial(culprits, &denial);
	}
}

void culprits_take(struct culprits *culprits, const Ringside__V1__Record *record, struct line *line)
{
	const struct denial denial = denial_read(record);
	const struct culprits_key key = make_key(&denial);
	struct culprits_slot *slot = slot_of(culprits, &key);

	if (kind_of(record) == &kind_seccomp_denial && !denial.limited->overflow &&
	    !denial.limited->others && memcmp(&slot->key, &key, sizeof(key)) == 0 &&
	    slot->one_name) {
		line_name(line, slot->name, CULPRITS_NAME);
		if (slot->one_pid) {
			line_put(line, "[", 1);
			line_uint(line, slot->pid);
			line_put(line, "]", 1);
		}
		line_put(line, " ", 1);
		memset(slot, 0, sizeof(*slot));
	}
}
