/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include "proto/base/util.h"
#include "streamer/pipeline/wakeup.h"
#include "streamer/report/clock.h"

#define EVENTS_MAX 8

static int change_fd(const struct wakeup *wakeup, int op, int fd, uint32_t events, unsigned cause)
{
	struct epoll_event event = {.events = events, .data.u32 = cause};

	return epoll_ctl(wakeup->epoll, op, fd, &event) < 0 ? -errno : 0;
}

static int add_fd(const struct wakeup *wakeup, int fd, uint32_t events, unsigned cause)
{
	return change_fd(wakeup, EPOLL_CTL_ADD, fd, events, cause);
}

static int open_signals(struct wakeup *wakeup)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGUSR1);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	wakeup->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return wakeup->signals < 0 ? -errno : 0;
}

static int open_timers(struct wakeup *wakeup, unsigned interval_seconds)
{
	const struct itimerspec every = {.it_interval.tv_sec = interval_seconds,
					 .it_value.tv_sec = interval_seconds};

	wakeup->tick = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	wakeup->flush = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	wakeup->rotate = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	wakeup->interval = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (wakeup->tick < 0 || wakeup->flush < 0 || wakeup->rotate < 0 || wakeup->interval < 0 ||
	    timerfd_settime(wakeup->interval, 0, &every, NULL) < 0)
		return -errno;
	wakeup->clock = clock_watch();
	return wakeup->clock < 0 ? wakeup->clock : 0;
}

static int add_all(struct wakeup *wakeup)
{
	int r = add_fd(wakeup, wakeup->signals, EPOLLIN, WAKEUP_END);

	if (!r)
		r = add_fd(wakeup, wakeup->tick, EPOLLIN, WAKEUP_TICK);
	if (!r)
		r = add_fd(wakeup, wakeup->flush, EPOLLIN, WAKEUP_FLUSH);
	if (!r)
		r = add_fd(wakeup, wakeup->rotate, EPOLLIN, WAKEUP_ROTATE);
	if (!r)
		r = add_fd(wakeup, wakeup->interval, EPOLLIN, WAKEUP_INTERVAL);
	if (!r)
		r = add_fd(wakeup, wakeup->clock, EPOLLIN, WAKEUP_CLOCK);
	if (!r)
		r = add_fd(wakeup, wakeup->critical, 0, WAKEUP_CRITICAL);
	if (!r)
		r = add_fd(wakeup, wakeup->bulk, 0, WAKEUP_BULK);
	if (r < 0)
		return r;
	/* without events it still tells when the reader goes; a file has none */
	r = add_fd(wakeup, wakeup->sink, 0, WAKEUP_SINK);
	if (r == -EPERM)
		wakeup->sink = -1;
	return r == -EPERM ? 0 : r;
}

int wakeup_init(struct wakeup *wakeup, int critical, int bulk, int sink, unsigned interval_seconds)
{
	int r;

	*wakeup = (struct wakeup)WAKEUP_NULL;
	wakeup->critical = critical;
	wakeup->bulk = bulk;
	wakeup->sink = sink;
	wakeup->epoll = epoll_create1(EPOLL_CLOEXEC);
	r = wakeup->epoll < 0 ? -errno : open_signals(wakeup);
	if (!r)
		r = open_timers(wakeup, interval_seconds);
	if (!r)
		r = add_all(wakeup);
	if (r < 0)
		wakeup_done(wakeup);
	return r;
}

void wakeup_done(struct wakeup *wakeup)
{
	util_closep(&wakeup->epoll);
	util_closep(&wakeup->signals);
	util_closep(&wakeup->tick);
	util_closep(&wakeup->flush);
	util_closep(&wakeup->rotate);
	util_closep(&wakeup->interval);
	util_closep(&wakeup->clock);
	*wakeup = (struct wakeup)WAKEUP_NULL;
}

int wakeup_watch_commands(const struct wakeup *wakeup, int fd)
{
	return fd < 0 ? 0 : add_fd(wakeup, fd, EPOLLIN, WAKEUP_COMMAND);
}

static int listen_to(struct wakeup *wakeup, int fd, unsigned cause, unsigned causes,
		     uint32_t events)
{
	int r;

	if (fd < 0 || !((wakeup->listening ^ causes) & cause))
		return 0;
	r = change_fd(wakeup, EPOLL_CTL_MOD, fd, causes & cause ? events : 0, cause);
	if (!r)
		wakeup->listening ^= cause;
	return r;
}

int wakeup_listen(struct wakeup *wakeup, unsigned causes)
{
	int r = listen_to(wakeup, wakeup->critical, WAKEUP_CRITICAL, causes, EPOLLIN);

	if (!r)
		r = listen_to(wakeup, wakeup->bulk, WAKEUP_BULK, causes, EPOLLIN);
	if (!r)
		r = listen_to(wakeup, wakeup->sink, WAKEUP_SINK, causes, EPOLLOUT);
	return r;
}

static int arm_timer(int fd, int flags, uint64_t nano)
{
	const struct itimerspec at = {.it_value = {.tv_sec = (time_t)(nano / 1000000000u),
						   .tv_nsec = (long)(nano % 1000000000u)}};

	return timerfd_settime(fd, flags, &at, NULL) < 0 ? -errno : 0;
}

int wakeup_tick(struct wakeup *wakeup)
{
	int r;

	if (wakeup->ticking)
		return 0;
	r = arm_timer(wakeup->tick, 0, 1000000000u);
	wakeup->ticking = !r;
	return r;
}

int wakeup_flush(struct wakeup *wakeup, uint64_t nano)
{
	int r;

	if (wakeup->flushing)
		return 0;
	r = arm_timer(wakeup->flush, 0, nano);
	wakeup->flushing = !r;
	return r;
}

int wakeup_rotate(struct wakeup *wakeup, uint64_t boottime)
{
	return arm_timer(wakeup->rotate, TFD_TIMER_ABSTIME, boottime);
}

static unsigned take_signals(struct wakeup *wakeup)
{
	struct signalfd_siginfo info;
	unsigned causes = 0;

	while (read(wakeup->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGUSR1)
			causes |= WAKEUP_TOTALS;
		if (info.ssi_signo == SIGHUP)
			causes |= WAKEUP_REOPEN;
		if (info.ssi_signo != SIGTERM && info.ssi_signo != SIGINT)
			continue;
		wakeup->signal = (int)info.ssi_signo;
		causes |= WAKEUP_END;
	}
	return causes;
}

/* Empties what woke us. */
static int take_event(struct wakeup *wakeup, const struct epoll_event *event, unsigned *causes)
{
	uint64_t expirations;
	bool set = false;
	int r;

	switch (event->data.u32) {
	case WAKEUP_END:
		*causes |= take_signals(wakeup);
		return 0;
	case WAKEUP_CLOCK:
		r = clock_rearm(wakeup->clock, &set);
		*causes |= set ? WAKEUP_CLOCK : 0;
		return r;
	case WAKEUP_TICK:
		wakeup->ticking = false;
		(void)!read(wakeup->tick, &expirations, sizeof(expirations));
		break;
	case WAKEUP_FLUSH:
		wakeup->flushing = false;
		(void)!read(wakeup->flush, &expirations, sizeof(expirations));
		break;
	case WAKEUP_ROTATE:
		(void)!read(wakeup->rotate, &expirations, sizeof(expirations));
		break;
	case WAKEUP_INTERVAL:
		(void)!read(wakeup->interval, &expirations, sizeof(expirations));
		break;
	case WAKEUP_SINK:
		if (event->events & (EPOLLERR | EPOLLHUP))
			*causes |= WAKEUP_GONE;
		break;
	}
	*causes |= event->data.u32;
	return 0;
}

int wakeup_wait(struct wakeup *wakeup, int timeout, unsigned *ret_causes)
{
	struct epoll_event events[EVENTS_MAX];
	unsigned causes = 0;
	int n = epoll_wait(wakeup->epoll, events, EVENTS_MAX, timeout), r;

	if (n < 0 && errno != EINTR)
		return -errno;
	for (int i = 0; i < n; i++) {
		r = take_event(wakeup, &events[i], &causes);
		if (r < 0)
			return r;
	}
	*ret_causes = causes;
	return 0;
}
