/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>

#include "proto/base/util.h"
#include "streamer/attachment.h"
#include "streamer/doctor.h"
#include "streamer/kernel/trial-calls.h"
#include "streamer/output/stream.h"
#include "streamer/report/clock.h"
#include "streamer/report/counters.h"
#include "streamer/report/footer.h"
#include "streamer/report/header.h"
#include "streamer/report/totals.h"

#define PATIENCE_MS 5000
#define HOLD_MS 30000 /* at most: a reader that forgets us shall not leave hooks behind */

struct doctor {
	struct stream *stream;
	struct totals totals;
	struct counters counters;
};

int doctor_new(struct doctor **ret, const struct kernel *kernel, struct sink *sink)
{
	struct doctor *doctor = malloc(sizeof(*doctor));
	struct clock_pair now = clock_now();
	int r = -ENOMEM;

	if (doctor) {
		*doctor = (struct doctor){.counters = COUNTERS_NULL};
		r = stream_new(&doctor->stream, sink);
	}
	if (!r) {
		doctor->stream->realtime_offset = (int64_t)(now.realtime - now.boottime);
		/* of the encoder only rows make use, and there are none */
		r = counters_init(&doctor->counters, kernel, NULL, NULL);
	}
	if (!r)
		r = totals_init(&doctor->totals, doctor->counters.n_cpus);
	if (r < 0)
		doctor = doctor_free(doctor);
	*ret = doctor;
	return r;
}

struct doctor *doctor_free(struct doctor *doctor)
{
	if (!doctor)
		return NULL;
	(void)stream_free(doctor->stream);
	totals_done(&doctor->totals);
	counters_done(&doctor->counters);
	free(doctor);
	return NULL;
}

static int write_records(struct doctor *doctor, const struct options *options,
			 const struct kernel *kernel)
{
	int r = header_write(doctor->stream, &doctor->counters.machine, kernel,
			     &options->pipeline.header);

	if (r < 0)
		return r;
	counters_read(&doctor->counters);
	return footer_write(doctor->stream, &doctor->counters, &doctor->totals, "doctor");
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

int doctor_write(struct doctor *doctor, const struct options *options, const struct kernel *kernel,
		 struct sink *sink, const struct privileges *privileges, char *error, size_t size)
{
	int r;

	doctor->counters.machine.privileges = privileges;
	r = write_records(doctor, options, kernel);
	if (!r)
		r = flush_stream(doctor->stream, sink);
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

/* As long as there is somebody who reads what we write. */
static void wait_for_reader(int signals)
{
	struct pollfd fds[] = {{.fd = STDOUT_FILENO}, {.fd = signals, .events = POLLIN}};

	while (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno == EINTR)
		;
}

int doctor_mark(void)
{
	_cleanup_close_ int signals = -1;
	uint64_t number;
	sigset_t ending;
	int r = trial_calls_draw(&number);

	if (r)
		return r;
	(void)sigemptyset(&ending);
	(void)sigaddset(&ending, SIGINT);
	(void)sigaddset(&ending, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &ending, NULL);
	signals = signalfd(-1, &ending, SFD_CLOEXEC);
	if (signals < 0)
		return -errno;
	trial_calls_begin(number);
	if (printf("%016" PRIx64 "\n", number) > 0 && !fflush(stdout))
		wait_for_reader(signals);
	trial_calls_end(number);
	return 0;
}
