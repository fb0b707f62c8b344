/* SPDX-License-Identifier: Apache-2.0 */
/* nats://: one message a record, in JetStream. */
#include "consumer/targets/to-nats.h"

#include <inttypes.h>
#include <string.h>

#include "consumer/login/nats-connect.h"
#include "consumer/login/nats-credentials.h"
#include "consumer/login/nats-explain.h"
#include "consumer/targets/to-nats-internal.h"
#include "proto/base/clock.h"
#include "proto/base/util.h"

#define ANSWER_MS 5000
#define GONE_MS 3000 /* a leader that changes is not worth a line */
#define CONTENT_TYPE "application/x-protobuf; messageType=\"ringside.v1.Record\""

static void close_target(struct target *target)
{
	if (!target)
		return;
	link_close(target);
	present_done(&target->present);
	window_done(&target->window);
	free(target->hosts);
	free(target);
}

static void close_targetp(struct target **target)
{
	close_target(*target);
}

static int take_settings(struct target *target, char problem[TARGET_PROBLEM])
{
	static const char *const names[] = {NATS_CREDENTIALS_NAMES, NATS_STREAM_NAMES, "resend",
					    NULL};
	const char *const *set = target->options.set;
	int r = nats_url_parse(&target->url, target->options.url, problem, TARGET_PROBLEM);

	if (!r)
		r = nats_set_check(set, names, problem, TARGET_PROBLEM);
	if (!r)
		r = nats_set_time(set, "resend", 0, &target->resend, problem, TARGET_PROBLEM);
	if (!r)
		r = nats_stream_wants(&target->wanted, target->url.stream, set, problem,
				      TARGET_PROBLEM);
	target->client.say = target->options.say;
	target->client.stop = target->options.stop;
	target->client.data = target->options.data;
	if (!r)
		r = nats_client_init(&target->client, &target->url, set, problem, TARGET_PROBLEM);
	if (!r && target->resend > PAST_MARKS * 1000000000LL)
		return refuse(problem, TARGET_PROBLEM, -EINVAL, "--set resend: at most 15m");
	return r;
}

static int open_target(struct target **ret, const struct target_options *options,
		       char problem[TARGET_PROBLEM])
{
	_cleanup_(close_targetp) struct target *target = calloc(1, sizeof(*target));
	int r;

	if (!target || window_init(&target->window, options->memory))
		return refuse(problem, TARGET_PROBLEM, -ENOMEM, "%s", strerror(ENOMEM));
	target->options = *options;
	target->reading_host = NATS_NO_HOST;
	target->backoff.random = clock_nano(CLOCK_REALTIME) | 1;
	r = take_settings(target, problem);
	if (!r)
		r = link_open(target, problem);
	if (secrets_hide_in(&target->client.secrets, problem))
		*problem = '\0';
	if (!r)
		*ret = TAKE_PTR(target);
	return r;
}

static natsStatus put_number(natsMsg *message, const char *name, uint64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, value);
	return natsMsgHeader_Set(message, name, text);
}

/* Who takes the filter in the Header for that of all that follows knows no Ringside-Sent-Before,
 * and cannot say that anything is complete. */
static natsStatus set_choice(natsMsg *message, const struct target_item *item)
{
	const bool said = item->filter && *item->filter;
	natsStatus s = put_number(message, said ? "Ringside-Sent-Before" : "Ringside-Previous-Seq",
				  item->previous_seq);

	if (s == NATS_OK)
		s = put_number(message, "Ringside-Left-Out", item->left_out);
	if (s == NATS_OK && said)
		s = natsMsgHeader_Set(message, "Ringside-Filter", item->filter);
	return s;
}

/* An empty header would be read back wrongly by libnats: none is. */
static natsStatus set_headers(natsMsg *message, const struct target_item *item)
{
	char name[TARGET_NAME_MAX];
	natsStatus s = natsMsgHeader_Set(message, "Nats-Msg-Id", target_name(item, name));

	if (s == NATS_OK)
		s = natsMsgHeader_Set(message, "Content-Type", CONTENT_TYPE);
	if (s == NATS_OK)
		s = put_number(message, "Ringside-Schema-Version",
			       item->header ? item->header->format_version : READER_FORMAT_VERSION);
	if (s == NATS_OK && item->filtered)
		s = set_choice(message, item);
	if (s == NATS_OK && item->redacted && *item->redacted)
		s = natsMsgHeader_Set(message, "Ringside-Redacted", item->redacted);
	return s;
}

static int make_message(natsMsg **ret, const struct target *target, const char *token,
			const struct target_item *item)
{
	char subject[NATS_SUBJECT_MAX], reply[ANSWER_SUBJECT_MAX];
	natsMsg *message = NULL;

	if (natsMsg_Create(&message, nats_subject(token, item->kind, subject),
			   answer_subject(target, target->window.tail, reply),
			   (const char *)item->frame, (int)item->size))
		return -ENOMEM;
	if (set_headers(message, item)) {
		natsMsg_Destroy(message);
		return -ENOMEM;
	}
	*ret = message;
	return 0;
}

static void append(struct window *window, const struct window_entry *entry)
{
	(void)pthread_mutex_lock(&window->lock);
	*window_at(window, window->tail) = *entry;
	window->tail++;
	window->bytes += entry->size;
	window->sums.taken++;
	(void)pthread_mutex_unlock(&window->lock);
}

static int put(struct target *target, const struct target_item *item)
{
	struct window_entry entry = {
		.seq = item->seq,
		.last_seq = max_u64(item->last_seq, item->seq),
		.time = item->time_unix_nano,
		.size = item->size + WINDOW_MESSAGE,
	};
	int r;

	if (window_is_full(&target->window, entry.size))
		window_reap(&target->window);
	if (window_is_full(&target->window, entry.size))
		return -EAGAIN;
	memcpy(entry.stream_id, item->stream_id, TARGET_ID);
	entry.host = send_host(target, item->host);
	if (entry.host == NATS_NO_HOST)
		return -ENOMEM;
	r = make_message(&entry.message, target, target->hosts[entry.host].token, item);
	if (r)
		return r;
	append(&target->window, &entry);
	if (target->ready && window_now() >= target->retry_at)
		r = send_all(target, false, 0);
	return r == -EAGAIN ? 0 : r;
}

/* The entries that no server will ever take. 0, or -errno of refuse(). */
static int hand_over_refused(struct target *target)
{
	struct window *window = &target->window;
	int r = 0;

	for (uint64_t i = window->head; !r && window->failed && i < window->tail; i++) {
		struct window_entry *entry = window_at(window, i);

		if (entry->state != WINDOW_REFUSED)
			continue;
		r = target_refuse(&target->options, entry->stream_id, entry->seq, "too large",
				  "the message is larger than the servers take",
				  (const uint8_t *)natsMsg_GetData(entry->message),
				  (size_t)natsMsg_GetDataLength(entry->message));
		if (r)
			break;
		(void)pthread_mutex_lock(&window->lock);
		window->failed--;
		window->sums.refused++;
		window_settle(window, entry);
		(void)pthread_mutex_unlock(&window->lock);
	}
	return r;
}

/* This user may not publish that, and the server does not answer: it has said so once. */
static bool is_denied(const struct target *target)
{
	return strstr(target->link_error, "ermissions") &&
	       strstr(target->link_error, NATS_PREFIX) &&
	       target->window.head < target->window.tail &&
	       target->window.head == target->denied_head;
}

/* Under the lock: what is wrong by what the answers say, and by what the link does. */
static void read_trouble(struct target *target, bool denied, char text[TARGET_PROBLEM - 64])
{
	const struct window *window = &target->window;
	char denial[NATS_DENIAL];

	if (denied)
		(void)snprintf(text, TARGET_PROBLEM - 64, "%s",
			       nats_explain_denial(&target->client, target->link_error, denial));
	else
		(void)snprintf(text, TARGET_PROBLEM - 64, "%s%s%s",
			       window->troubled ? window->error_text : "",
			       window->troubled && *target->link_error ? ": " : "",
			       target->link_error);
}

/* What the answers say of how it goes. 0; -EACCES: none of it may be published. */
static int take_trouble(struct target *target)
{
	struct window *window = &target->window;
	bool troubled, fine, denied, never;
	char text[TARGET_PROBLEM - 64];

	(void)pthread_mutex_lock(&window->lock);
	denied = is_denied(target);
	troubled = window->troubled || denied;
	never = denied && !window->sums.acknowledged;
	read_trouble(target, denied, text);
	window->troubled = false;
	fine = !window->failed && !denied && target->connected && target->ready;
	if (fine)
		*target->link_error = '\0';
	(void)pthread_mutex_unlock(&window->lock);
	if (troubled) {
		(void)snprintf(target->problem, sizeof(target->problem), "%s: %.390s%s",
			       target->name, text, never ? "" : "; trying again");
		if (denied)
			link_bar(target);
		link_pause(target);
	} else if (fine && target->reading_host == NATS_NO_HOST &&
		   window_now() >= target->retry_at) {
		*target->problem = '\0';
		target->gone_at = 0;
		target->barred = false;
		backoff_reset(&target->backoff);
	}
	return never ? -EACCES : 0;
}

static void keep_mark(struct target *target)
{
	struct past_mark mark = {.at = window_now()};

	(void)pthread_mutex_lock(&target->window.lock);
	mark.highest = target->window.highest;
	mark.seq = target->window.settled_seq;
	memcpy(mark.stream_id, target->window.settled_id, TARGET_ID);
	(void)pthread_mutex_unlock(&target->window.lock);
	if (mark.seq && mark.highest)
		past_keep(&target->past, &mark);
}

/* How long to wait: no longer than until something can be tried. */
static int waiting_time(const struct target *target, int64_t until)
{
	int64_t now = window_now();

	if (target->retry_at > now && target->retry_at < until)
		until = target->retry_at;
	return until > now ? (int)(until - now) : 0;
}

static int run(struct target *target, int timeout_ms, bool flush)
{
	int64_t until = window_now() + timeout_ms;
	uint64_t settled = target->window.head;
	int r = link_ready(target);

	if (!r)
		r = send_all(target, true, timeout_ms);
	if (!r || r == -EAGAIN) {
		int refused = hand_over_refused(target);

		r = refused ? refused : r;
	}
	target->ended = r && r != -EAGAIN;
	if (target->ended)
		return r;
	if (settled == target->window.head && target->reading_host == NATS_NO_HOST &&
	    waiting_time(target, until))
		window_wait(&target->window, settled, waiting_time(target, until));
	window_expire(&target->window, window_now() - ANSWER_MS);
	window_reap(&target->window);
	r = take_trouble(target);
	target->ended = r;
	keep_mark(target);
	return r;
}

static const struct target_sums *get_sums(struct target *target)
{
	(void)pthread_mutex_lock(&target->window.lock);
	target->sums = target->window.sums;
	(void)pthread_mutex_unlock(&target->window.lock);
	if (target->ended || (target->gone_at && window_now() > target->gone_at + GONE_MS))
		(void)snprintf(target->sums.problem, sizeof(target->sums.problem), "%s",
			       target->problem);
	/* it may hold an answer of the servers */
	if (secrets_hide_in(&target->client.secrets, target->sums.problem))
		*target->sums.problem = '\0';
	target->sums.barred = *target->sums.problem && target->barred;
	return &target->sums;
}

#define NATS_OPS                                                                                   \
	.help = "NATS JetStream: a fleet's records in one stream; read back by `ringside cat "     \
		"nats://...`",                                                                     \
	.open = open_target, .put = put, .run = run, .sums = get_sums, .close = close_target

const struct target_ops to_nats = {
	.scheme = "nats",
	.usage = "nats://HOST[:PORT][,HOST...][/STREAM]",
	NATS_OPS,
};

const struct target_ops to_nats_tls = {
	.scheme = "tls",
	.usage = "tls://HOST[:PORT][,HOST...][/STREAM]",
	NATS_OPS,
};
