/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "consumer/targets/to-nats-internal.h"
#include "proto/base/clock.h"
#include "proto/base/util.h"

#define IN_FLIGHT_MAX 4000u                /* their answers wait in the library's memory */
#define MARGIN_NANO UINT64_C(600000000000) /* of clocks that differ */

/* The host's place; one at hand if there is no room for more. */
unsigned send_host(struct target *target, const char *name)
{
	char token[NATS_TOKEN_MAX];
	size_t n = target->n_hosts;

	(void)nats_token(name, token);
	if (n && !strcmp(target->hosts[target->latest_host].token, token))
		return target->latest_host;
	for (size_t i = 0; i < n; i++)
		if (!strcmp(target->hosts[i].token, token))
			return target->latest_host = (unsigned)i;
	if (n == NATS_HOSTS || GROW(target->hosts, n, &target->hosts_room))
		return NATS_NO_HOST;
	target->hosts[n] = (struct nats_host){0};
	(void)strcpy(target->hosts[n].token, token);
	target->n_hosts++;
	return target->latest_host = (unsigned)n;
}

/* Whether it may be there already, without the stream's knowing its id any more: it was sent long
 * ago, by us or by who ran before us. */
static bool is_doubtful(const struct target *target, const struct window_entry *entry)
{
	const struct nats_host *host = &target->hosts[entry->host];
	int64_t half = target->found.duplicates / 2000000;
	int64_t since = entry->first_sent > host->checked_at ? entry->first_sent : host->checked_at;

	if (target->unreadable)
		return false;
	return !host->checked_at || (entry->first_sent && window_now() - since > half);
}

/* When the first of the host's records on their way was made, with a margin. */
static uint64_t oldest_time(struct target *target, unsigned host)
{
	uint64_t oldest = clock_nano(CLOCK_REALTIME);

	for (uint64_t i = target->window.head; i < target->window.tail; i++) {
		const struct window_entry *entry = window_at(&target->window, i);

		if (entry->host == host && entry->state != WINDOW_DONE)
			oldest = min_u64(oldest, entry->time);
	}
	return oldest > MARGIN_NANO ? oldest - MARGIN_NANO : 1;
}

static void give_up_reading(struct target *target)
{
	char text[TARGET_PROBLEM];

	target->unreadable = true;
	(void)snprintf(
		text, sizeof(text),
		"%s: this user may not read back what stream %s has ($JS.API.CONSUMER.CREATE, "
		"$JS.API.STREAM.MSG.GET): after a restart, or an outage of more than %lld s, "
		"records may be there twice",
		target->url.servers[0], target->url.stream,
		(long long)(target->found.duplicates / 2000000000));
	if (target->options.say)
		target->options.say(target->options.data, text);
}

static bool is_forbidden(struct target *target)
{
	bool forbidden;

	(void)pthread_mutex_lock(&target->window.lock);
	forbidden = target->forbidden;
	(void)pthread_mutex_unlock(&target->window.lock);
	return forbidden;
}

static int fail_reading(struct target *target, int r)
{
	target->reading_host = NATS_NO_HOST;
	if (r == -ENOSPC || is_forbidden(target)) {
		give_up_reading(target);
		return 0;
	}
	if (r == -EAGAIN) {
		(void)snprintf(target->problem, sizeof(target->problem),
			       "%s: cannot read back what stream %s has; trying again",
			       target->url.servers[0], target->url.stream);
		link_pause(target);
	}
	return r;
}

/* Learns what the stream has of @host (NATS_NO_HOST: of the one being read). 0: it is known. */
static int read_back(struct target *target, unsigned host, int timeout_ms)
{
	int r;

	if (target->reading_host == NATS_NO_HOST) {
		target->reading_host = host;
		r = present_begin(&target->present, target->connection, target->js,
				  target->url.stream, target->hosts[host].token,
				  oldest_time(target, host));
	} else {
		r = present_step(&target->present, timeout_ms);
	}
	if (r == -EINPROGRESS)
		return -EAGAIN;
	if (r)
		return fail_reading(target, r);
	target->hosts[target->reading_host].checked_at = window_now();
	target->reading_host = NATS_NO_HOST;
	return 0;
}

/* It was not sent; an earlier try of it may have been answered just now. */
static void take_back(struct target *target, struct window_entry *entry, natsStatus s)
{
	struct window *window = &target->window;

	(void)pthread_mutex_lock(&window->lock);
	if (entry->state == WINDOW_SENT) {
		window->in_flight--;
		window->failed++;
		entry->state = s == NATS_MAX_PAYLOAD ? WINDOW_REFUSED : WINDOW_WAITING;
	}
	(void)pthread_mutex_unlock(&window->lock);
	if (s == NATS_MAX_PAYLOAD)
		return;
	(void)snprintf(target->problem, sizeof(target->problem), "%s: %s; trying again",
		       target->url.servers[0], natsStatus_GetText(s));
	link_pause(target);
}

/* 0; -EAGAIN: not now. */
static int send_entry(struct target *target, uint64_t index)
{
	struct window *window = &target->window;
	struct window_entry *entry = window_at(window, index);
	natsStatus s;

	(void)pthread_mutex_lock(&window->lock);
	if (index < window->next)
		window->failed--;
	if (present_has(&target->present, entry->stream_id, entry->seq, entry->last_seq)) {
		window->sums.doubled++;
		window->sums.acknowledged++;
		window_settle(window, entry);
		(void)pthread_mutex_unlock(&window->lock);
		return 0;
	}
	entry->state = WINDOW_SENT;
	window->in_flight++;
	window->sums.sent++;
	window->sums.retried += entry->first_sent > 0;
	window->sums.bytes += entry->size - WINDOW_MESSAGE;
	entry->sent = window_now();
	if (!entry->first_sent)
		entry->first_sent = entry->sent;
	(void)pthread_mutex_unlock(&window->lock);
	s = natsConnection_PublishMsg(target->connection, entry->message);
	if (s)
		take_back(target, entry, s);
	return s ? -EAGAIN : 0;
}

/* The next that waits, from *at on; false: there is none, or enough are on their way. */
static bool find_waiting(struct target *target, uint64_t *at)
{
	struct window *window = &target->window;
	bool found = false;

	(void)pthread_mutex_lock(&window->lock);
	if (*at < window->head)
		*at = window->head;
	if (!window->failed && *at < window->next)
		*at = window->next;
	while (window->in_flight < IN_FLIGHT_MAX && *at < window->tail && !found) {
		found = window_at(window, *at)->state == WINDOW_WAITING;
		*at += !found;
	}
	(void)pthread_mutex_unlock(&window->lock);
	return found;
}

static void pass_over(struct window *window, uint64_t index)
{
	(void)pthread_mutex_lock(&window->lock);
	window->next = max_u64(window->next, index);
	(void)pthread_mutex_unlock(&window->lock);
}

int send_all(struct target *target, bool reads, int timeout_ms)
{
	uint64_t at = 0;
	int r = 0;

	if (target->reading_host != NATS_NO_HOST)
		r = reads ? read_back(target, NATS_NO_HOST, timeout_ms) : -EAGAIN;
	while (!r && find_waiting(target, &at)) {
		struct window_entry *entry = window_at(&target->window, at);

		if (is_doubtful(target, entry)) {
			r = reads ? read_back(target, entry->host, timeout_ms) : -EAGAIN;
			continue;
		}
		r = send_entry(target, at);
		pass_over(&target->window, ++at);
	}
	return r;
}
