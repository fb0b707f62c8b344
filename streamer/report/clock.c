/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/clock.h"
#include "proto/ringside-fields.h"
#include "streamer/report/clock.h"

/* Far above what reading two clocks in a row can be off, far below what anybody sees. */
#define STEP_NANO 100000
#define YEAR_SECONDS (365 * 24 * 3600L)

/* Preemption between two reads would look like a step: the tightest of a few tries counts. */
struct clock_pair clock_now(void)
{
	struct clock_pair best = {0};
	uint64_t width = UINT64_MAX;

	for (int i = 0; i < 5 && width > 1000; i++) {
		uint64_t before = clock_nano(CLOCK_BOOTTIME);
		uint64_t real = clock_nano(CLOCK_REALTIME);
		uint64_t after = clock_nano(CLOCK_BOOTTIME);

		if (after - before >= width)
			continue;
		width = after - before;
		best = (struct clock_pair){.boottime = before + width / 2, .realtime = real};
	}
	return best;
}

/* Sets *ret_set if real time was set meanwhile, else leaves it alone. */
static int arm_timer(int fd, bool *ret_set)
{
	struct itimerspec at = {0};

	/* It never has to expire: being cancelled is what we wait for. */
	(void)clock_gettime(CLOCK_REALTIME, &at.it_value);
	at.it_value.tv_sec += 10 * YEAR_SECONDS;
	at.it_value.tv_nsec = 0;
	for (;;) {
		if (!timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &at, NULL))
			return 0;
		/* real time was set since the latest read: said once */
		if (errno != ECANCELED)
			return -errno;
		*ret_set = true;
	}
}

int clock_watch(void)
{
	int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK), r;
	bool set;

	if (fd < 0)
		return -errno;
	r = arm_timer(fd, &set);
	if (r < 0) {
		(void)close(fd);
		return r;
	}
	return fd;
}

int clock_rearm(int fd, bool *ret_set)
{
	uint64_t expirations;
	ssize_t n = read(fd, &expirations, sizeof(expirations));
	bool set = n < 0 && errno == ECANCELED;
	int r;

	r = arm_timer(fd, &set);
	if (r < 0)
		return r;
	*ret_set = set;
	return 0;
}

static int64_t offset_of(const struct clock_pair *pair)
{
	return (int64_t)(pair->realtime - pair->boottime);
}

bool clock_stepped(const struct clock_pair *before, const struct clock_pair *after)
{
	int64_t moved = offset_of(after) - offset_of(before);

	return moved > STEP_NANO || moved < -STEP_NANO;
}

int clock_write(struct stream *stream, const struct clock_pair *now, bool stepped)
{
	struct pb pb;
	uint8_t *mark;
	int r;

	r = stream_begin(stream, 64, &pb);
	if (r < 0)
		return r;
	stream->realtime_offset = offset_of(now);
	mark = pb_open(&pb, FIELD_RECORD_CLOCK);
	pb_fixed64(&pb, FIELD_CLOCK_BOOTTIME_NANO, now->boottime);
	pb_fixed64(&pb, FIELD_CLOCK_TIME_UNIX_NANO, now->realtime);
	if (stepped)
		pb_bool(&pb, FIELD_CLOCK_STEPPED, true);
	pb_close(&pb, mark);
	return stream_end(stream, &pb);
}
