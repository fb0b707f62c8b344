/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/kinds/kernel-kills.h"

#include "consumer/read/body.h"

bool kernel_kills_read(const ProtobufCMessage *body, uint64_t *ret)
{
	int64_t count;

	if (!body_number(body, KERNEL_KILLS, &count, NULL))
		return false;
	*ret = (uint64_t)count;
	return true;
}

void kernel_kills_set(struct kernel_kills *kills, const ProtobufCMessage *body)
{
	uint64_t count;

	if (kernel_kills_read(body, &count))
		*kills = (struct kernel_kills){.known = true, .count = count};
}

void kernel_kills_add(struct kernel_kills *kills, const Ringside__V1__Record *record)
{
	const Ringside__V1__OomKill *kill = record->oom_kill;
	bool ignored;

	if (record->body_case != RINGSIDE__V1__RECORD__BODY_OOM_KILL)
		return;
	ignored = kill->shares_memory || kill->already_exiting;
	kills->ignored += ignored;
	kills->since += !ignored;
	kills->twice += kill->oom_group && kill->victim_number == 1;
}
