/* SPDX-License-Identifier: Apache-2.0 */
/* What is answered, and what follows from it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "consumer/base/duration.h"
#include "consumer/base/text-line.h"
#include "consumer/targets/to-otlp-internal.h"

#define SAID_NANO UINT64_C(1000000000)
#define NEAR_NANO UINT64_C(30000000000)    /* who took something since then is not away */
#define NEAR_MAX_NANO UINT64_C(4000000000) /* ... and is waited for no longer, */
#define NOW_MAX_NANO UINT64_C(1000000000)  /* or than this where it says "now" */
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

/* Not while it has asked for a pause: what it says meanwhile is of what was sent before. */
static void come_back(struct target *target)
{
	if (target->asked_nano > to_otlp_now())
		return;
	target->away_since_nano = target->not_before_nano = 0;
	backoff_reset(&target->backoff);
	target->sums.problem[0] = '\0';
	target->sums.barred = false;
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

/* One that fails now and then must not stand still for as long as one that is away: several
 * failures in a row are to be expected of it. */
static uint64_t longest_wait(const struct target *target, uint64_t now)
{
	return target->taken_nano && now - target->taken_nano < NEAR_NANO ? NEAR_MAX_NANO
									  : BACKOFF_MAX_NANO;
}

/* What it answers to nothing, or by a time; @most: of a step of waiting. */
static void go_away_within(struct target *target, const char *why, uint64_t sent_nano,
			   uint64_t most)
{
	const uint64_t now = to_otlp_now();

	if (!target->away_since_nano)
		target->away_since_nano = now;
	/* requests that are on their way together fail together: once */
	if (sent_nano >= target->failed_nano) {
		target->failed_nano = now;
		target->not_before_nano = now + backoff_next_within(&target->backoff, most);
	}
	/* one failure alone is gone before anybody has read of it */
	if (target->backoff.failures > 1 || to_otlp_not_before(target) >= now + SAID_NANO)
		set_problem(target, why, now - target->away_since_nano);
}

static void go_away(struct target *target, const char *why, uint64_t sent_nano)
{
	go_away_within(target, why, sent_nano, longest_wait(target, to_otlp_now()));
}

/* Not before it asked for, and not all at that moment. */
static void go_away_until(struct target *target, const char *why, uint64_t sent_nano,
			  uint64_t asked_nano)
{
	const uint64_t more = target->backoff.random % (asked_nano / 8 + 1);

	if (asked_nano)
		target->asked_nano = max_u64(target->asked_nano, to_otlp_now() + asked_nano + more);
	go_away_within(target, why, sent_nano, NOW_MAX_NANO);
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
		go_away(target, "what it refuses cannot be kept", to_otlp_now());
		return 0;
	}
	if (!r && batch->kept == batch->n)
		batch->state = OTLP_DONE;
	else if (!r)
		target->ends = true;
	return r;
}

static void put_back(struct target *target, struct otlp_batch *batch)
{
	batch->state = OTLP_READY;
	batch->again = true;
	target->sums.retried += batch->n;
}

static void retry(struct target *target, struct otlp_batch *batch, const char *why,
		  const struct otlp_posted *posted)
{
	put_back(target, batch);
	if (posted->asked)
		go_away_until(target, why, batch->sent_nano, posted->retry_after_nano);
	else
		go_away(target, why, batch->sent_nano);
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

/* What somebody has to do. */
static const char *remedy_of(const struct target *target, unsigned status)
{
	if (status == HTTP_NOT_FOUND)
		return target->taken_nano
			       ? "logs are not taken there any more: look at what receives them"
			       : "logs are not taken there: look at the URL (/v1/logs is added to "
				 "a general endpoint only)";
	if (!target->taken_nano)
		return "we may not send logs there: look at the credentials (--set headers-file, "
		       "OTEL_EXPORTER_OTLP_HEADERS)";
	if (target->config.has_headers_file)
		return "our credentials are not taken any more: renew them in headers-file, which "
		       "is read again before each try";
	return "our credentials are not taken any more: renew OTEL_EXPORTER_OTLP_HEADERS and "
	       "start again";
}

/* A mistake in the configuration, or a token that has expired, is never the records' fault: none
 * is put aside. Who was let in before is let in again once somebody has mended it; at the start
 * nobody ever was, and it ends. */
static int deny(struct target *target, struct otlp_batch *batch, unsigned status,
		const struct otlp_judgement *judgement)
{
	const char *why = *judgement->message ? judgement->message : "no reason given";

	put_back(target, batch);
	if (target->taken_nano)
		go_away_within(target, "denied", batch->sent_nano, BACKOFF_MAX_NANO);
	(void)snprintf(target->sums.problem, sizeof(target->sums.problem),
		       "%.150s: HTTP %u (%.80s): %s%s%.80s; nothing is put aside%s",
		       target->config.place, status, why, remedy_of(target, status),
		       *target->not_renewed ? ". Not renewed: " : "", target->not_renewed,
		       target->taken_nano ? ", trying again until it is taken"
					  : ", and it goes once this is mended");
	target->sums.barred = target->denied = true;
	return target->taken_nano ? 0 : -EACCES;
}

static int hear(struct target *target, const struct otlp_posted *posted)
{
	struct otlp_batch *batch = posted->batch;
	struct otlp_judgement judgement;
	char status[32];

	if (posted->failure) {
		retry(target, batch, posted->failure, posted);
		return 0;
	}
	otlp_judge(&posted->answer, target->config.retry, &target->config.secrets, &judgement);
	(void)snprintf(status, sizeof(status), "HTTP %u", posted->answer.status);
	if (judgement.verdict == OTLP_RETRY) {
		retry(target, batch, status, posted);
		return 0;
	}
	if (judgement.verdict == OTLP_DENIED)
		return deny(target, batch, posted->answer.status, &judgement);
	come_back(target);
	switch (judgement.verdict) {
	case OTLP_TAKEN:
		target->sums.acknowledged += batch->n - batch->kept;
		target->said_refused = false;
		target->taken_nano = to_otlp_now();
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
