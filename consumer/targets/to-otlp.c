/* SPDX-License-Identifier: Apache-2.0 */
/* OTLP over HTTP: records as OpenTelemetry's logs, in protobuf. Batches are settled in the order in
 * which they were filled, whichever is answered first. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "consumer/base/duration.h"
#include "consumer/base/text-line.h"
#include "consumer/forward/backoff.h"
#include "consumer/otel/otel.h"
#include "consumer/otlp/otlp-batch.h"
#include "consumer/otlp/otlp-config.h"
#include "consumer/otlp/otlp-post.h"
#include "consumer/targets/targets.h"
#include "proto/base/clock.h"

#define SAID_NANO UINT64_C(1000000000)
#define LINGER_NANO UINT64_C(1000000000) /* a record waits for company no longer */
#define NANO_PER_MS UINT64_C(1000000)
#define BATCHES_IN_MEMORY 4u /* at least */

struct target {
	struct target_options options;
	struct target_sums sums;
	struct otlp_config config;
	struct otel *otel;
	struct otlp_packer *packer;
	struct otlp_poster *poster;
	struct otlp_batch *first, *last; /* not settled, in order; the last may be filling */
	struct backoff backoff;
	uint64_t not_before_nano; /* nothing is sent until then */
	uint64_t away_since_nano; /* 0: it is there */
	bool said_refused;
};

static uint64_t now_nano(void)
{
	return clock_nano(CLOCK_MONOTONIC);
}

_printf_(2, 3) static void say(const struct target *target, const char *format, ...)
{
	char text[TARGET_PROBLEM];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (target->options.say)
		target->options.say(target->options.data, text);
}

static void close_target(struct target *target)
{
	if (!target)
		return;
	(void)otlp_poster_free(target->poster);
	(void)otlp_packer_free(target->packer);
	(void)otel_free(target->otel);
	while (target->first) {
		struct otlp_batch *batch = target->first;

		target->first = batch->next;
		(void)otlp_batch_free(batch);
	}
	otlp_config_done(&target->config);
	free(target);
}

static int open_parts(struct target *target)
{
	int r = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? 0 : -ENOMEM;

	if (!r)
		r = otel_new(&target->otel, &otel_protobuf);
	if (!r)
		r = otlp_packer_new(&target->packer, target->config.gzip);
	return r ? r : otlp_poster_new(&target->poster, &target->config);
}

static int open_with(struct target **ret, const struct target_options *options, const char *scheme,
		     char problem[TARGET_PROBLEM])
{
	struct target *target = calloc(1, sizeof(*target));
	int r;

	if (!target)
		return -ENOMEM;
	target->options = *options;
	target->backoff.random = now_nano() | 1;
	r = otlp_config_read(&target->config, options, scheme, problem);
	if (!r) {
		target->config.body_bytes =
			min_u64(target->config.body_bytes, options->memory / BATCHES_IN_MEMORY);
		r = open_parts(target);
		if (r)
			(void)snprintf(problem, TARGET_PROBLEM, "%s", strerror(-r));
	}
	if (r)
		close_target(target);
	else
		*ret = target;
	return r;
}

static int open_http(struct target **ret, const struct target_options *options,
		     char problem[TARGET_PROBLEM])
{
	return open_with(ret, options, "http:", problem);
}

static int open_https(struct target **ret, const struct target_options *options,
		      char problem[TARGET_PROBLEM])
{
	return open_with(ret, options, "https:", problem);
}

static int open_environment(struct target **ret, const struct target_options *options,
			    char problem[TARGET_PROBLEM])
{
	return open_with(ret, options, NULL, problem);
}

/* Bodies that are not made yet are counted, too: what is told repeats itself. */
static size_t memory_of(const struct target *target)
{
	size_t size = 0;

	for (const struct otlp_batch *batch = target->first; batch; batch = batch->next) {
		size += otlp_batch_memory(batch);
		if (!batch->body)
			size += otlp_batch_bytes(batch) / (target->config.gzip ? 4 : 1);
	}
	return size;
}

static void end_filling(struct target *target)
{
	if (target->last && target->last->state == OTLP_FILLING)
		target->last->state = OTLP_READY;
}

/* The batch that the record goes into, NULL: a new one. */
static struct otlp_batch *filling(struct target *target, const struct otel_piece *told)
{
	struct otlp_batch *batch = target->last;

	if (!batch || batch->state != OTLP_FILLING)
		return NULL;
	if (otlp_batch_bytes(batch) + told->size <= target->config.body_bytes)
		return batch;
	end_filling(target);
	return NULL;
}

static int add_batch(struct target *target, const struct target_item *item)
{
	const struct otel_piece resource = otel_resource_of(target->otel);
	struct otlp_batch *batch = NULL;
	int r = otlp_batch_new(&batch, item->stream_id, &resource);

	if (r)
		return r;
	batch->begun_nano = now_nano();
	if (target->last)
		target->last->next = batch;
	else
		target->first = batch;
	target->last = batch;
	return 0;
}

/* One record is taken whatever it needs. */
static bool has_room(const struct target *target, const struct otlp_batch *batch,
		     const struct otel_piece *told, size_t frame)
{
	static const struct otlp_batch none;
	const size_t more =
		batch ? otlp_batch_memory_with(batch, told->size, frame) - otlp_batch_memory(batch)
		      : otlp_batch_memory_with(&none, told->size, frame);

	return !target->first || memory_of(target) + more <= target->options.memory;
}

static int put_told(struct target *target, const struct target_item *item,
		    const struct otel_piece *told)
{
	struct otlp_batch *batch = filling(target, told);
	int r = 0;

	if (!has_room(target, batch, told, item->size)) {
		end_filling(target); /* it would wait for company that cannot come */
		return -EAGAIN;
	}
	if (!batch)
		r = add_batch(target, item);
	if (!r)
		r = otlp_batch_add(target->last, item, target->sums.taken + 1, told);
	if (!r)
		target->sums.taken++;
	return r;
}

/* Nothing is to be sent of it. */
static void pass(struct target *target)
{
	target->sums.taken++;
	if (target->last)
		target->last->upto = target->sums.taken;
	else
		target->sums.settled = target->sums.taken;
}

static int refuse_untold(struct target *target, const struct target_item *item, const char *status,
			 const char *why)
{
	int r = target->options.refuse(target->options.data, item->stream_id, item->seq, status,
				       why, item->frame, item->size);

	if (r)
		return r;
	target->sums.refused++;
	pass(target);
	return 0;
}

static int put(struct target *target, const struct target_item *item)
{
	struct otel_piece told;
	int r;

	if (!item->record)
		return refuse_untold(target, item, "unknown",
				     "its kind is a newer version's: this one has no words for it");
	/* Ringside's own tests of itself would be alarms there */
	if (!otel_tells((unsigned)item->record->body_case) || item->record->self_test) {
		pass(target);
		return 0;
	}
	r = otel_take_header(target->otel, item->header);
	if (r < 0)
		return r;
	if (r)
		end_filling(target);
	r = otel_tell(target->otel, item->record, item->header,
		      item->reader ? reader_memo(item->reader) : NULL, &told);
	if (r == -EMSGSIZE)
		return refuse_untold(target, item, "too large", "it is larger than a request");
	return r ? r : put_told(target, item, &told);
}

static void settle(struct target *target)
{
	while (target->first && target->first->state == OTLP_DONE) {
		struct otlp_batch *batch = target->first;

		target->sums.settled = batch->upto;
		target->first = batch->next;
		if (!target->first)
			target->last = NULL;
		(void)otlp_batch_free(batch);
	}
}

/* One line at the first of several. */
static void say_refused(struct target *target, const char *status, const char *why)
{
	if (target->said_refused)
		return;
	target->said_refused = true;
	say(target, "%s: refused, and not sent again: %s%s%s", target->config.place, status,
	    *why ? ": " : "", why);
}

static void come_back(struct target *target)
{
	target->away_since_nano = target->not_before_nano = 0;
	backoff_reset(&target->backoff);
	target->sums.problem[0] = '\0';
}

static void set_problem(struct target *target, const char *why, uint64_t away_nano)
{
	struct line line = line_make(target->sums.problem, sizeof(target->sums.problem));
	char since[DURATION_SIZE];

	line_text(&line, target->config.place);
	line_text(&line, ": ");
	line_safe(&line, why, TARGET_PROBLEM / 2);
	if (away_nano >= SAID_NANO) {
		line_text(&line, ", since ");
		line_text(&line, duration_text(away_nano, since));
	}
	line_text(&line, "; trying again until it is taken");
	(void)line_end(&line);
}

static void go_away(struct target *target, const char *why, uint64_t asked_nano)
{
	const uint64_t now = now_nano();
	uint64_t wait = backoff_next(&target->backoff);

	/* Not before it asked for, and not all at that moment. */
	if (asked_nano)
		wait = asked_nano + wait % (asked_nano / 8 + 1);
	if (!target->away_since_nano)
		target->away_since_nano = now;
	target->not_before_nano = max_u64(target->not_before_nano, now + wait);
	/* one failure alone is gone before anybody has read of it */
	if (target->backoff.failures > 1 || wait >= SAID_NANO)
		set_problem(target, why, now - target->away_since_nano);
}

static int refuse_batch(struct target *target, struct otlp_batch *batch, const char *status,
			const char *why)
{
	for (; batch->kept < batch->n; batch->kept++) {
		const struct otlp_record *record = &batch->records[batch->kept];
		size_t frame = batch->kept ? record[-1].frame_end : 0;
		int r = target->options.refuse(target->options.data, batch->stream_id, record->seq,
					       status, why, batch->frames + frame,
					       record->frame_end - frame);

		if (r == -EAGAIN) {
			go_away(target, "what it refuses cannot be kept", 0);
			return 0;
		}
		if (r)
			return r;
		target->sums.refused++;
	}
	batch->state = OTLP_DONE;
	return 0;
}

static void retry(struct target *target, struct otlp_batch *batch, const char *why,
		  uint64_t asked_nano)
{
	batch->state = OTLP_READY;
	batch->again = true;
	target->sums.retried += batch->n;
	go_away(target, why, asked_nano);
}

static int refuse_part(struct target *target, struct otlp_batch *batch,
		       const struct otlp_judgement *judgement)
{
	char why[TARGET_PROBLEM];

	(void)snprintf(why, sizeof(why), "%lu of %zu refused%s%s",
		       (unsigned long)judgement->rejected, batch->n,
		       *judgement->message ? ": " : "", judgement->message);
	say_refused(target, "partial success", why);
	return refuse_batch(target, batch, "partial", why);
}

static int make_smaller(struct target *target, struct otlp_batch *batch)
{
	int r;

	if (batch->n < 2) {
		say_refused(target, "HTTP 413", "one record alone is too large");
		return refuse_batch(target, batch, "413", "one record alone is too large");
	}
	target->sums.retried += batch->n;
	batch->again = true;
	r = otlp_batch_split(batch);
	if (target->last == batch && batch->next)
		target->last = batch->next;
	return r;
}

static int hear(struct target *target, const struct otlp_posted *posted)
{
	struct otlp_batch *batch = posted->batch;
	struct otlp_judgement judgement;
	char status[32];

	if (posted->failure) {
		retry(target, batch, posted->failure, 0);
		return 0;
	}
	otlp_judge(&posted->answer, target->config.retry, &judgement);
	(void)snprintf(status, sizeof(status), "HTTP %u", posted->answer.status);
	if (judgement.verdict == OTLP_RETRY) {
		retry(target, batch, status, posted->retry_after_nano);
		return 0;
	}
	come_back(target);
	switch (judgement.verdict) {
	case OTLP_TAKEN:
		target->sums.acknowledged += batch->n - batch->kept;
		target->said_refused = false;
		batch->state = OTLP_DONE;
		return 0;
	case OTLP_PARTIAL:
		return refuse_part(target, batch, &judgement);
	case OTLP_TOO_LARGE:
		return make_smaller(target, batch);
	default:
		say_refused(target, status, judgement.message);
		return refuse_batch(target, batch, status + strlen("HTTP "), judgement.message);
	}
}

static int hear_all(struct target *target)
{
	struct otlp_posted posted;
	int r = 0;

	otlp_poster_run(target->poster);
	while (!r && otlp_poster_next(target->poster, &posted)) {
		/* whatever came of it; also if it could not be kept: then it was not settled */
		posted.batch->state = OTLP_READY;
		r = hear(target, &posted);
	}
	settle(target);
	return r;
}

/* While it is away one at a time finds out whether it is back. */
static unsigned may_fly(const struct target *target)
{
	if (now_nano() < target->not_before_nano)
		return 0;
	return target->away_since_nano ? 1 : target->config.in_flight;
}

static int send_batch(struct target *target, struct otlp_batch *batch)
{
	int r = otlp_pack(target->packer, batch);

	if (!r)
		r = otlp_poster_send(target->poster, batch);
	if (r)
		return r;
	target->sums.sent += batch->n;
	target->sums.bytes += batch->body_size;
	return 0;
}

/* Returns how many, or -errno. */
static int send_all(struct target *target)
{
	unsigned free_places = may_fly(target), flying = otlp_poster_flying(target->poster);
	struct otlp_batch *batch = target->first;
	int r = 0, n = 0;

	free_places -= free_places < flying ? free_places : flying;
	for (; !r && free_places && batch; batch = batch->next) {
		if (batch->state != OTLP_READY)
			continue;
		r = send_batch(target, batch);
		free_places--;
		n++;
	}
	return r ? r : n;
}

/* Until nothing more can be done without waiting: an answer that is not heard now would be when
 * the wait is over. */
static int step(struct target *target, bool flush)
{
	int r;

	do {
		r = hear_all(target);
		if (r)
			return r;
		if (flush || (target->last && target->last->state == OTLP_FILLING &&
			      now_nano() - target->last->begun_nano >= LINGER_NANO))
			end_filling(target);
		r = send_all(target);
	} while (r > 0);
	return r;
}

static int ms_until(uint64_t nano, uint64_t now, int timeout_ms)
{
	const uint64_t ms = nano > now ? (nano - now) / NANO_PER_MS + 1 : 0;

	return (int)min_u64(ms, (uint64_t)timeout_ms);
}

/* No longer than until something can be sent. */
static int wait_for(const struct target *target, int timeout_ms)
{
	const uint64_t now = now_nano();

	if (!target->first || otlp_poster_flying(target->poster))
		return timeout_ms;
	if (target->not_before_nano > now)
		return ms_until(target->not_before_nano, now, timeout_ms);
	if (target->last->state == OTLP_FILLING)
		return ms_until(target->last->begun_nano + LINGER_NANO, now, timeout_ms);
	return timeout_ms;
}

static int fail(struct target *target, int r)
{
	(void)snprintf(target->sums.problem, sizeof(target->sums.problem), "%s: %s",
		       target->config.place, strerror(-r));
	return r;
}

static int run(struct target *target, int timeout_ms, bool flush)
{
	const uint64_t settled = target->sums.settled;
	int r = step(target, flush);

	if (r)
		return fail(target, r);
	if (!timeout_ms || target->sums.settled != settled)
		return 0;
	otlp_poster_wait(target->poster, wait_for(target, timeout_ms));
	r = step(target, flush);
	return r ? fail(target, r) : 0;
}

static const struct target_sums *sums(struct target *target)
{
	return &target->sums;
}

const struct target_ops target_otlp_http = {
	.scheme = "otlp+http",
	.usage = "otlp+http://HOST:4318",
	.help = "logs in OTLP over HTTP: an OpenTelemetry Collector, or what takes the same",
	.wants_unpacked = true,
	.open = open_http,
	.put = put,
	.run = run,
	.sums = sums,
	.close = close_target,
};

const struct target_ops target_otlp_https = {
	.scheme = "otlp+https",
	.usage = "otlp+https://HOST[:PORT]",
	.help = "the same, by TLS",
	.wants_unpacked = true,
	.open = open_https,
	.put = put,
	.run = run,
	.sums = sums,
	.close = close_target,
};

const struct target_ops target_otlp = {
	.scheme = "otlp",
	.usage = "otlp:",
	.help = "the same, where OTEL_EXPORTER_OTLP_ENDPOINT says",
	.wants_unpacked = true,
	.open = open_environment,
	.put = put,
	.run = run,
	.sums = sums,
	.close = close_target,
};
