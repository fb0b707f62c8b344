/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "proto/base/util.h"
#include "streamer/attachment.h"
#include "streamer/doctor.h"
#include "streamer/output/stream.h"
#include "streamer/report/clock.h"
#include "streamer/report/counters.h"
#include "streamer/report/footer.h"
#include "streamer/report/header.h"
#include "streamer/report/totals.h"

#define PATIENCE_MS 5000
#define HOLD_MS 30000 /* at most: a reader that forgets us shall not leave hooks behind */

struct parts {
	struct stream *stream;
	struct totals totals;
	struct counters counters;
};

static void parts_done(struct parts *parts)
{
	(void)stream_free(parts->stream);
	totals_done(&parts->totals);
	counters_done(&parts->counters);
}

static int write_records(struct parts *parts, const struct options *options,
			 const struct kernel *kernel, struct sink *sink,
			 const struct privileges *privileges)
{
	struct clock_pair now = clock_now();
	int r = stream_new(&parts->stream, sink);

	if (r < 0)
		return r;
	parts->stream->realtime_offset = (int64_t)(now.realtime - now.boottime);
	/* of the encoder only rows make use, and there are none */
	r = counters_init(&parts->counters, kernel, NULL, NULL);
	parts->counters.machine.privileges = privileges;
	if (!r)
		r = totals_init(&parts->totals, parts->counters.n_cpus);
	if (!r)
		r = header_write(parts->stream, &parts->counters.machine, kernel,
				 &options->pipeline.header);
	if (r < 0)
		return r;
	counters_read(&parts->counters);
	return footer_write(parts->stream, &parts->counters, &parts->totals, "doctor");
}

static int flush_stream(struct stream *stream, const struct sink *sink)
{
	for (;;) {
		struct pollfd p = {.fd = sink->fd, .events = POLLOUT};
		int r = stream_flush(stream);

		if (r != STREAM_BLOCKED)
			return r;
		if (poll(&p, 1, PATIENCE_MS) <= 0)
			return -ETIMEDOUT;
	}
}

/* A pipe without a reader is an error, whatever is asked for. */
static void hold_attached(const struct sink *sink)
{
	struct pollfd p = {.fd = sink->fd};

	while (poll(&p, 1, HOLD_MS) < 0 && errno == EINTR)
		;
}

int doctor_write(const struct options *options, const struct kernel *kernel, struct sink *sink,
		 const struct privileges *privileges, char *error, size_t size)
{
	_cleanup_(parts_done) struct parts parts = {.counters = COUNTERS_NULL};
	int r;

	r = write_records(&parts, options, kernel, sink, privileges);
	if (!r)
		r = flush_stream(parts.stream, sink);
	if (r < 0)
		return refuse(error, size, r, "%s: %s", sink->name, strerror(-r));
	if (options->doctor_holds) {
		hold_attached(sink);
		return 0;
	}
	for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++) {
		if (!attached_misses(kernel, &options->kernel, i))
			continue;
		attached_explain(kernel, &options->kernel, i, error, size);
		return -ENOENT;
	}
	return 0;
}
