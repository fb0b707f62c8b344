/* SPDX-License-Identifier: Apache-2.0 */
/* OTLP over HTTP: records as OpenTelemetry's logs, in protobuf. Batches are settled in the order in
 * which they were filled, whichever is answered first. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/targets/targets.h"
#include "consumer/targets/to-otlp-internal.h"

#define LINGER_NANO UINT64_C(1000000000) /* a record waits for company no longer */
#define NANO_PER_MS UINT64_C(1000000)
#define BATCHES_IN_MEMORY 4u /* at least */

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
	otlp_spares_free(&target->spares);
	otlp_config_done(&target->config);
	free(target);
}

static int open_parts(struct target *target)
{
	int r = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? 0 : -ENOMEM;

	if (!r)
		r = otel_new(&target->otel, &otel_protobuf);
	if (!r)
		r = otlp_packer_new(&target->packer, target->config.compression);
	return r ? r : otlp_poster_new(&target->poster, &target->config);
}

static int read_config(const struct target *target, const struct target_options *options,
		       bool again, struct otlp_config *ret, char problem[TARGET_PROBLEM])
{
	int r = otlp_config_read(ret, options, target->scheme, again, problem);

	ret->body_bytes = min_u64(ret->body_bytes, options->memory / BATCHES_IN_MEMORY);
	return r;
}

/* Returns the one before. */
static struct otlp_poster *replace_poster(struct target *target, struct otlp_poster *poster)
{
	struct otlp_poster *before = target->poster;

	target->poster = poster;
	return before;
}

/* Nothing is on its way. A token that has expired, and a certificate likewise, may have been put
 * in place of the old one in its file. What cannot be used leaves all as it is. */
static int renew(struct target *target)
{
	struct target_options options = target->options;
	struct otlp_poster *poster = NULL;
	struct otlp_config config, before = target->config;
	int r;

	options.say = NULL; /* what there is to say of the files was said */
	*target->not_renewed = '\0';
	if (read_config(target, &options, true, &config, target->not_renewed)) {
		otlp_config_done(&config);
		return 0;
	}
	target->config = config; /* where the poster looks for it */
	r = otlp_poster_new(&poster, &target->config);
	if (r)
		target->config = before;
	else
		poster = replace_poster(target, poster);
	(void)otlp_poster_free(poster);
	otlp_config_done(r ? &config : &before);
	return r;
}

static int open_with(struct target **ret, const struct target_options *options, const char *scheme,
		     char problem[TARGET_PROBLEM])
{
	struct target *target = calloc(1, sizeof(*target));
	int r;

	if (!target)
		return -ENOMEM;
	target->options = *options;
	target->backoff.random = to_otlp_now() | 1;
	target->scheme = scheme;
	r = read_config(target, options, false, &target->config, problem);
	if (!r) {
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

/* While it is away one at a time finds out whether it is back. */
static unsigned may_fly(const struct target *target)
{
	if (target->ends || to_otlp_now() < to_otlp_not_before(target))
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
	batch->sent_nano = to_otlp_now();
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

	if (target->denied && free_places && !flying) {
		target->denied = false;
		r = renew(target);
	}
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
		r = to_otlp_hear(target);
		if (r)
			return r;
		if (flush || (target->last && target->last->state == OTLP_FILLING &&
			      to_otlp_now() - target->last->begun_nano >= LINGER_NANO))
			to_otlp_end_filling(target);
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
	const uint64_t now = to_otlp_now();

	if (!target->first || otlp_poster_flying(target->poster))
		return timeout_ms;
	if (to_otlp_not_before(target) > now)
		return ms_until(to_otlp_not_before(target), now, timeout_ms);
	if (target->last->state == OTLP_FILLING)
		return ms_until(target->last->begun_nano + LINGER_NANO, now, timeout_ms);
	return timeout_ms;
}

static int fail(struct target *target, int r)
{
	if (r != -EACCES) /* which was said */
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
	if (flush && !target->first) { /* idle */
		otlp_spares_free(&target->spares);
		otlp_packer_rest(target->packer);
	}
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
	.put = to_otlp_put,
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
	.put = to_otlp_put,
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
	.put = to_otlp_put,
	.run = run,
	.sums = sums,
	.close = close_target,
};
