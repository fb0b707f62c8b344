/* SPDX-License-Identifier: Apache-2.0 */
/* Sends, and looks what has come. */
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "consumer/targets/to-journald-target.h"

#define SECOND UINT64_C(1000000000)
#define QUIET                                                                                      \
	(500 * JOURNAL_MILLI) /* nothing comes: what was sent before what has come is lost         \
			       */
#define DOUBT (2 * SECOND)    /* nothing has come at all: is there somebody? */
#define STEP_MAX (500 * JOURNAL_MILLI)
/* As many as wait at journald's socket at most (net.unix.max_dgram_qlen, which systemd sets): more
 * would only be sent again where it drops them. */
#define IN_FLIGHT 512u

static void set_problem(struct target *target, const char *text)
{
	(void)snprintf(target->sums.problem, sizeof(target->sums.problem), "%s", text);
}

int journal_connect(struct target *target)
{
	const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = JOURNAL_SOCKET};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), size = 0;
	socklen_t length = sizeof(size);

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) ||
	    getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, &length)) {
		int r = -errno;

		(void)close(fd);
		return r;
	}
	target->entry_max = size > 4096 ? (size_t)size - 4096 : 0;
	target->fd = fd;
	return 0;
}

void journal_finish(struct target *target, struct journal_slot *slot)
{
	if (slot->state == JOURNAL_SENT)
		target->in_flight--;
	slot->state = JOURNAL_DONE;
	target->bytes -= slot->size;
	free(slot->data);
	slot->data = NULL;
	slot->size = 0;
}

void journal_settle(struct target *target)
{
	while (target->n && journal_slot(target, 0)->state == JOURNAL_DONE) {
		target->first = (target->first + 1) % JOURNAL_SLOTS;
		target->n--;
		target->next -= target->next > 0;
		target->sums.settled++;
	}
}

static void lose_connection(struct target *target, int error)
{
	(void)close(target->fd);
	target->fd = -1;
	target->again = journal_now() + backoff_next(&target->backoff);
	(void)snprintf(target->sums.problem, sizeof(target->sums.problem),
		       "journald: " JOURNAL_SOCKET ": %s; trying again", strerror(error));
}

static bool is_connected(struct target *target)
{
	if (target->fd >= 0)
		return true;
	if (journal_now() < target->again)
		return false;
	if (journal_connect(target)) {
		target->again = journal_now() + backoff_next(&target->backoff);
		return false;
	}
	backoff_reset(&target->backoff);
	set_problem(target, "");
	return true;
}

/* Where nothing is read back, no more goes out than is taken. */
static bool may_send(struct target *target)
{
	if (target->back)
		return true;
	if (journal_now() - target->pace_since >= (JOURNAL_PACE_SECONDS * SECOND)) {
		target->pace_since = journal_now();
		target->pace_sent = 0;
	}
	return target->pace_sent < JOURNAL_PACE_BURST;
}

static bool send_slot(struct target *target, struct journal_slot *slot)
{
	ssize_t n = send(target->fd, slot->data, slot->size, MSG_NOSIGNAL | MSG_DONTWAIT);

	target->blocked = n < 0 && (errno == EAGAIN || errno == ENOBUFS);
	if (n < 0 && !target->blocked && errno != EINTR)
		lose_connection(target, errno);
	if (n < 0)
		return false;
	target->sums.retried += slot->sent > 0;
	slot->sent = ++target->sent;
	slot->state = JOURNAL_SENT;
	target->in_flight++;
	target->pace_sent++;
	target->sums.sent++;
	target->sums.bytes += slot->size;
	target->moved = journal_now();
	target->step = JOURNAL_MILLI;
	if (!target->back)
		journal_finish(target, slot);
	return true;
}

void journal_send(struct target *target)
{
	if (!is_connected(target))
		return;
	for (; target->next < target->n; target->next++) {
		struct journal_slot *slot = journal_slot(target, target->next);

		if (slot->state != JOURNAL_WAITS)
			continue;
		if (!may_send(target) || target->in_flight == IN_FLIGHT ||
		    (target->doubtful && target->next) || !send_slot(target, slot))
			return;
	}
}

/* Entries come in the order in which they were sent. */
static struct journal_slot *find_slot(struct target *target,
				      const struct journal_identity *identity)
{
	for (unsigned i = 0; i < target->n; i++) {
		struct journal_slot *slot = journal_slot(target, i);

		if (slot->state != JOURNAL_DONE && slot->identity.seq == identity->seq &&
		    !memcmp(slot->identity.stream_id, identity->stream_id, TARGET_ID))
			return slot;
	}
	return NULL;
}

static void take_what_comes(struct target *target)
{
	struct journal_identity identity;

	while (target->in_flight && journal_back_next(target->back, &identity) > 0) {
		struct journal_slot *slot = find_slot(target, &identity);

		if (!slot)
			continue;
		target->has_come = max_u64(target->has_come, slot->sent);
		target->moved = journal_now();
		target->step = JOURNAL_MILLI;
		if (target->doubtful)
			set_problem(target, "");
		target->doubtful = false;
		backoff_reset(&target->backoff);
		journal_finish(target, slot);
		target->sums.acknowledged++;
		journal_settle(target);
	}
}

static void send_again(struct target *target, struct journal_slot *slot)
{
	slot->state = JOURNAL_WAITS;
	target->in_flight--;
	target->next = 0;
}

/* The first one is sent again until something comes. */
static void doubt(struct target *target, struct journal_slot *first)
{
	target->doubtful = true;
	target->again = journal_now() + max_u64(SECOND, backoff_next(&target->backoff));
	set_problem(target,
		    "journald: what was sent does not come into the journal: it has had more "
		    "than its RateLimitBurst= (journald.conf(5)) or does not write; "
		    "trying again until it comes");
	send_again(target, first);
}

static void look_for_missing(struct target *target)
{
	const uint64_t quiet = journal_now() - target->moved;
	struct journal_slot *first = NULL;

	for (unsigned i = 0; i < target->n; i++) {
		struct journal_slot *slot = journal_slot(target, i);

		if (slot->state != JOURNAL_SENT)
			continue;
		first = first ? first : slot;
		if (quiet >= QUIET && slot->sent < target->has_come)
			send_again(target, slot);
	}
	if (first && first->state == JOURNAL_SENT && quiet >= DOUBT &&
	    journal_now() >= target->again)
		doubt(target, first);
}

/* How long, at most, until there is something to do; in ns. */
static uint64_t time_to_wait(struct target *target, uint64_t most)
{
	uint64_t until = UINT64_MAX;

	if (target->fd < 0)
		until = target->again;
	else if (target->next < target->n && !may_send(target))
		until = target->pace_since + (JOURNAL_PACE_SECONDS * SECOND);
	if (until != UINT64_MAX)
		most = min_u64(most, until > journal_now() ? until - journal_now() : 0);
	if (!target->in_flight)
		return most;
	target->step = min_u64(2 * target->step, STEP_MAX);
	return min_u64(most, target->step);
}

void journal_wait(struct target *target, uint64_t most)
{
	struct pollfd pollfd = {.fd = target->blocked ? target->fd : -1, .events = POLLOUT};
	const uint64_t nano = time_to_wait(target, most);
	const struct timespec time = {(time_t)(nano / SECOND), (long)(nano % SECOND)};

	(void)ppoll(&pollfd, 1, &time, NULL);
}

void journal_hear(struct target *target)
{
	if (!target->back || !target->in_flight)
		return;
	take_what_comes(target);
	look_for_missing(target);
	journal_settle(target);
}
