/* SPDX-License-Identifier: Apache-2.0 */
/* Into systemd's journal. journald takes everything, and drops what is above its rate limit without
 * a word to who sent it: a record is settled when its entry was read back. It drops in the order
 * in which it was sent, so what does not come is sent again when something that was sent later has
 * come; as long as nothing comes, the first one alone is. Where the journal cannot be read, no more
 * is sent than journald takes from a service by default, and that it is kept is not known.
 *
 * Not by sd_journal_sendv(): that waits as long as journald does not read, and says that it has
 * sent what it has not where there is no journald. */
#include "consumer/targets/targets.h"
#include "consumer/targets/to-journald-target.h"

static int refuse_open(char problem[TARGET_PROBLEM], int r)
{
	if (r == -ENOENT || r == -ECONNREFUSED)
		return refuse(problem, TARGET_PROBLEM, r,
			      "journald: nobody listens at " JOURNAL_SOCKET
			      ": start systemd-journald; in a container, mount that socket");
	return refuse(problem, TARGET_PROBLEM, r, "journald: " JOURNAL_SOCKET ": %s", strerror(-r));
}

static void journald_close(struct target *target)
{
	if (!target)
		return;
	for (unsigned i = 0; i < target->n; i++)
		free(journal_slot(target, i)->data);
	if (target->fd >= 0)
		(void)close(target->fd);
	(void)journal_fields_free(target->fields);
	(void)journal_back_free(target->back);
	free(target->entry.data);
	free(target);
}

/* What it has of the journal: 0 also where that cannot be read, which is said. */
static int open_back(struct target *target)
{
	int r = journal_back_new(&target->back);

	if (r == -ENOMEM || r == -EMFILE || r == -ENFILE)
		return r;
	if (r < 0)
		target->options.say(target->options.data,
				    "journald: the journal cannot be read here, so what is sent is "
				    "not known to be kept: at most 9,500 entries in 30 seconds are "
				    "sent, which journald takes by default. To have them checked, "
				    "add this user to the group systemd-journal");
	return 0;
}

static int check_options(const struct target_options *options, char problem[TARGET_PROBLEM])
{
	if (*options->rest)
		return refuse(problem, TARGET_PROBLEM, -EINVAL,
			      "journald: nothing follows the colon: it is this machine's journal");
	if (options->set && options->set[0])
		return refuse(problem, TARGET_PROBLEM, -EINVAL,
			      "journald: it has nothing to --set");
	return 0;
}

static int open_parts(struct target *target, char problem[TARGET_PROBLEM])
{
	int r = journal_connect(target);

	if (r)
		return refuse_open(problem, r);
	r = journal_fields_new(&target->fields);
	if (!r)
		r = open_back(target);
	return r ? refuse(problem, TARGET_PROBLEM, r, "journald: %s", strerror(-r)) : 0;
}

static int journald_open(struct target **ret, const struct target_options *options,
			 char problem[TARGET_PROBLEM])
{
	struct target *target;
	int r = check_options(options, problem);

	if (r)
		return r;
	target = calloc(1, sizeof(*target));
	if (!target)
		return -ENOMEM;
	target->options = *options;
	target->fd = -1;
	target->checks = JOURNAL_SLOTS;
	target->backoff.random = journal_now() | 1;
	r = open_parts(target, problem);
	if (r) {
		journald_close(target);
		return r;
	}
	*ret = target;
	return 0;
}

static int refuse_item(struct target *target, const struct target_item *item, const char *status,
		       const char *why)
{
	int r = target_refuse(&target->options, item->stream_id, item->seq, status, why,
			      item->frame, item->size);

	target->sums.refused += !r;
	return r;
}

/* Whether it has to be sent: 1; 0: it is done; -errno. Makes the entry. */
static int look_at(struct target *target, const struct target_item *item,
		   const struct journal_identity *identity)
{
	int r;

	if (!item->record)
		return refuse_item(target, item, "unknown kind",
				   "a newer version of ringside has to forward it");
	r = journal_entry_make(&target->entry, target->fields, item);
	if (r)
		return r == JOURNAL_SKIP ? 0 : r;
	if (target->entry.size > target->entry_max)
		return refuse_item(target, item, "too large", "it does not go into one message");
	if (!target->back || !target->checks)
		return 1;
	target->checks--;
	if (journal_back_has(target->back, identity) <= 0)
		return 1;
	target->checks = JOURNAL_SLOTS;
	target->sums.doubled++;
	target->sums.acknowledged++;
	return 0;
}

static int keep_entry(struct target *target, struct journal_slot *slot)
{
	slot->data = malloc(target->entry.size);
	if (!slot->data)
		return -ENOMEM;
	memcpy(slot->data, target->entry.data, target->entry.size);
	slot->size = target->entry.size;
	slot->state = JOURNAL_WAITS;
	target->bytes += slot->size;
	return 0;
}

/* A look at a record costs more than that there is no room for it. */
static bool has_room(const struct target *target, size_t size)
{
	return !target->n ||
	       (target->n < JOURNAL_SLOTS && target->bytes + size <= target->options.memory);
}

static int journald_put(struct target *target, const struct target_item *item)
{
	struct journal_slot slot = {.identity.seq = item->seq, .state = JOURNAL_DONE};
	int r;

	if (!has_room(target, 2048 + 2 * item->size))
		return -EAGAIN;
	memcpy(slot.identity.stream_id, item->stream_id, TARGET_ID);
	r = look_at(target, item, &slot.identity);
	if (r < 0)
		return r;
	if (r > 0 && !has_room(target, target->entry.size))
		return -EAGAIN;
	r = r > 0 ? keep_entry(target, &slot) : 0;
	if (r)
		return r;
	target->n++;
	*journal_slot(target, target->n - 1) = slot;
	target->sums.taken++;
	journal_settle(target);
	return 0;
}

static int journald_run(struct target *target, int timeout_ms, bool flush)
{
	const uint64_t end = journal_now() + (uint64_t)timeout_ms * JOURNAL_MILLI,
		       settled = target->sums.settled;

	(void)flush; /* none waits for company */
	for (;;) {
		uint64_t at;

		journal_send(target);
		journal_hear(target);
		journal_settle(target);
		at = journal_now();
		if (target->sums.settled != settled || at >= end)
			return 0;
		journal_wait(target, end - at);
	}
}

static const struct target_sums *journald_sums(struct target *target)
{
	return &target->sums;
}

const struct target_ops target_journald = {
	.scheme = "journald",
	.usage = "journald:",
	.help = "the journal of this machine's systemd",
	.wants_unpacked = true,
	.open = journald_open,
	.put = journald_put,
	.run = journald_run,
	.sums = journald_sums,
	.close = journald_close,
};
