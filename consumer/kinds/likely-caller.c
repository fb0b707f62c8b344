/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/kinds/likely-caller.h"

#include <string.h>

#include "consumer/kinds/kind.h"
#include "consumer/kinds/seccomp_denial-internal.h"
#include "consumer/text/phrases.h"
#include "proto/base/util.h"

static struct culprits_slot *slot_of(struct culprits *culprits, const struct culprits_key *key)
{
	const uint64_t words[] = {key->cgroup_id, key->arch, key->call, key->error};
	uint64_t hash = 0;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		hash = (hash ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15);
	return &culprits->slots[hash >> 56];
}

static struct culprits_key make_key(const struct denial *denial)
{
	const Ringside__V1__Container *container = denial->container;
	const uint32_t call = denial->has_syscall ? (uint32_t)denial->syscall_number : UINT32_MAX;

	return (struct culprits_key){
		.cgroup_id = container ? container->cgroup_id : 0,
		.arch = (uint64_t)denial->arch << 32 | (container ? container->hierarchy_id : 0),
		.call = (uint64_t)call << 32 | (uint32_t)denial->action,
		.error = (uint64_t)denial->error_number << 1 | 1,
	};
}

static bool is_same(const struct culprits_key *a, const struct culprits_key *b)
{
	return a->cgroup_id == b->cgroup_id && a->arch == b->arch && a->call == b->call &&
	       a->error == b->error;
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
	if (!is_same(&slot->key, &key)) {
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
	    !denial.limited->others && is_same(&slot->key, &key) && slot->one_name) {
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
