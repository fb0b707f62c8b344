/* SPDX-License-Identifier: Apache-2.0 */
/* What is answered, and what follows from it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "consumer/base/duration.h"
#include "consumer/base/text-line.h"
#include "consumer/targets/to-otlp-internal.h"

#define SAID_NANO UINT64_C(1000000000)
#define DENIED_MAX 3u
#define REFUSE_LAST_NANO UINT64_C(1000000000)

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

static void settle(struct target *target)
{
	while (target->first && target->first->state == OTLP_DONE) {
		struct otlp_batch *batch = target->first;

		target->sums.settled = batch->upto;
		target->first = batch->next;
		if (!target->first)
			target->last = NULL;
		/* answers come in bursts, so that one at hand would be too few */
		otlp_spares_put(&target->spares, batch, target->config.in_flight);
	}
}

/* The records at the beginning of one that were put aside before it was to end. */
static void settle_part(struct target *target)
{
	const struct otlp_batch *batch = target->first;

	if (batch && batch->kept)
		target->sums.settled =
			max_u64(target->sums.settled, batch->records[batch->kept - 1].upto);
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
	const uint64_t now = to_otlp_now();
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

/* It is to end, and has had time for what was on its way: what it has not put aside is sent again
 * when it starts again. */
static bool must_end(struct target *target)
{
	if (!atomic_load_explicit(target->options.stop, memory_order_relaxed))
		return false;
	if (!target->end_nano)
		target->end_nano = to_otlp_now() + REFUSE_LAST_NANO;
	return to_otlp_now() >= target->end_nano;
}

static int refuse_records(struct target *target, struct otlp_batch *batch, const char *status,
			  const char *why)
{
	int r = 0;

	while (!r && batch->kept < batch->n && !must_end(target)) {
		const struct otlp_record *record = &batch->records[batch->kept];
		size_t frame = batch->kept ? record[-1].frame_end : 0;

		r = target->options.refuse(target->options.data, batch->stream_id, record->seq,
					   status, why, batch->frames + frame,
					   record->frame_end - frame);
		batch->kept += !r;
	}
	return r;
}

static int refuse_batch(struct target *target, struct otlp_batch *batch, const char *status,
			const char *why)
{
	const size_t before = batch->kept;
	int r = refuse_records(target, batch, status, why);
	int kept = target->options.keep(target->options.data);

	if (kept)
		batch->kept = before;
	target->sums.refused += batch->kept - before;
	r = r ? r : kept;
	if (r == -EAGAIN) {
		go_away(target, "what it refuses cannot be kept", 0);
		return 0;
	}
	if (!r && batch->kept == batch->n)
		batch->state = OTLP_DONE;
	else if (!r)
		target->ends = true;
	return r;
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
	r = otlp_packer_undo(target->packer, batch);
	if (!r)
		r = otlp_batch_split(batch);
	if (target->last == batch && batch->next)
		target->last = batch->next;
	return r;
}

/* It would put all the spool aside if nobody looks: a mistake in the configuration, or a token that
 * has expired, is no fault of the records. So it ends, where nothing was ever taken at once, and
 * the cursor stays. A single request may be denied for what is in it. */
static int deny(struct target *target, struct otlp_batch *batch, unsigned status,
		const struct otlp_judgement *judgement)
{
	const char *why = *judgement->message ? judgement->message : "no reason given";

	if (target->met && ++target->denied < DENIED_MAX) {
		char text[16];

		(void)snprintf(text, sizeof(text), "HTTP %u", status);
		say_refused(target, text, judgement->message);
		return refuse_batch(target, batch, text + strlen("HTTP "), judgement->message);
	}
	(void)snprintf(
		target->sums.problem, sizeof(target->sums.problem),
		"%.200s: HTTP %u (%.100s): %s; what it denied is not put aside, and goes once "
		"this is mended",
		target->config.place, status, why,
		status == 404 ? "logs are not taken there: look at the URL (/v1/logs is added "
				"to a general endpoint only)"
			      : "we may not send logs there: look at the credentials "
				"(OTEL_EXPORTER_OTLP_HEADERS)");
	return -EACCES;
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
	otlp_judge(&posted->answer, target->config.retry, &target->config.secrets, &judgement);
	(void)snprintf(status, sizeof(status), "HTTP %u", posted->answer.status);
	if (judgement.verdict != OTLP_DENIED)
		target->denied = 0;
	if (judgement.verdict == OTLP_RETRY) {
		retry(target, batch, status, posted->retry_after_nano);
		return 0;
	}
	come_back(target);
	switch (judgement.verdict) {
	case OTLP_TAKEN:
		target->sums.acknowledged += batch->n - batch->kept;
		target->said_refused = false;
		target->met = true;
		batch->state = OTLP_DONE;
		return 0;
	case OTLP_PARTIAL:
		return refuse_part(target, batch, &judgement);
	case OTLP_TOO_LARGE:
		return make_smaller(target, batch);
	case OTLP_DENIED:
		return deny(target, batch, posted->answer.status, &judgement);
	default:
		say_refused(target, status, judgement.message);
		return refuse_batch(target, batch, status + strlen("HTTP "), judgement.message);
	}
}

int to_otlp_hear(struct target *target)
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
	settle_part(target);
	if (!r && target->ends)
		(void)snprintf(target->sums.problem, sizeof(target->sums.problem),
			       "%s: it ends before all that was refused is put aside: the rest is "
			       "sent again after the next start",
			       target->config.place);
	return r;
}
