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

static int *fd_of(struct wakeup *wakeup, unsigned cause)
{
	return &wakeup->fds[__builtin_ctz(cause)];
}

static int change_fd(struct wakeup *wakeup, int op, uint32_t events, unsigned cause)
{
	struct epoll_event event = {.events = events, .data.u32 = cause};

	return epoll_ctl(wakeup->epoll, op, *fd_of(wakeup, cause), &event) < 0 ? -errno : 0;
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
	*fd_of(wakeup, WAKEUP_END) = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return *fd_of(wakeup, WAKEUP_END) < 0 ? -errno : 0;
}

static int open_timers(struct wakeup *wakeup, unsigned interval_seconds)
{
	const struct itimerspec every = {.it_interval.tv_sec = interval_seconds,
					 .it_value.tv_sec = interval_seconds};

	for (unsigned cause = WAKEUP_TICK; cause <= WAKEUP_INTERVAL; cause <<= 1) {
		int fd = timerfd_create(cause == WAKEUP_ROTATE ? CLOCK_BOOTTIME : CLOCK_MONOTONIC,
					TFD_CLOEXEC | TFD_NONBLOCK);

		if (fd < 0)
			return -errno;
		*fd_of(wakeup, cause) = fd;
	}
	if (timerfd_settime(*fd_of(wakeup, WAKEUP_INTERVAL), 0, &every, NULL) < 0)
		return -errno;
	*fd_of(wakeup, WAKEUP_CLOCK) = clock_watch();
	return *fd_of(wakeup, WAKEUP_CLOCK) < 0 ? *fd_of(wakeup, WAKEUP_CLOCK) : 0;
}

static int add_all(struct wakeup *wakeup)
{
	for (unsigned cause = WAKEUP_CRITICAL; cause <= WAKEUP_INTERVAL; cause <<= 1) {
		int r;

		if (*fd_of(wakeup, cause) < 0)
			continue;
		r = change_fd(wakeup, EPOLL_CTL_ADD, cause <= WAKEUP_SINK ? 0 : EPOLLIN, cause);
		/* without events it still tells when the reader goes; a file has none */
		if (r == -EPERM && cause == WAKEUP_SINK)
			*fd_of(wakeup, cause) = -1;
		else if (r < 0)
			return r;
	}
	return 0;
}

int wakeup_init(struct wakeup *wakeup, int critical, int bulk, int sink, int commands,
		unsigned interval_seconds)
{
	int r;

	*wakeup = (struct wakeup)WAKEUP_NULL;
	*fd_of(wakeup, WAKEUP_CRITICAL) = critical;
	*fd_of(wakeup, WAKEUP_BULK) = bulk;
	*fd_of(wakeup, WAKEUP_SINK) = sink;
	*fd_of(wakeup, WAKEUP_COMMAND) = commands;
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
	for (unsigned cause = WAKEUP_END; cause <= WAKEUP_INTERVAL; cause <<= 1)
		util_closep(fd_of(wakeup, cause));
	*wakeup = (struct wakeup)WAKEUP_NULL;
}

int wakeup_listen(struct wakeup *wakeup, unsigned causes)
{
	for (unsigned cause = WAKEUP_CRITICAL; cause <= WAKEUP_SINK; cause <<= 1) {
		uint32_t events = cause == WAKEUP_SINK ? EPOLLOUT : EPOLLIN;
		int r;

		if (*fd_of(wakeup, cause) < 0 || !((wakeup->listening ^ causes) & cause))
			continue;
		r = change_fd(wakeup, EPOLL_CTL_MOD, causes & cause ? events : 0, cause);
		if (r < 0)
			return r;
		wakeup->listening ^= cause;
	}
	return 0;
}

static int arm_timer(int fd, int flags, uint64_t nano)
{
	const struct itimerspec at = {.it_value = {.tv_sec = (time_t)(nano / 1000000000u),
						   .tv_nsec = (long)(nano % 1000000000u)}};

	return timerfd_settime(fd, flags, &at, NULL) < 0 ? -errno : 0;
}

int wakeup_after(struct wakeup *wakeup, unsigned cause, uint64_t nano)
{
	int r = wakeup->due & cause ? 0 : arm_timer(*fd_of(wakeup, cause), 0, nano);

	if (!r)
		wakeup->due |= cause;
	return r;
}

int wakeup_rotate(struct wakeup *wakeup, uint64_t boottime)
{
	return arm_timer(*fd_of(wakeup, WAKEUP_ROTATE), TFD_TIMER_ABSTIME, boottime);
}

static unsigned take_signals(struct wakeup *wakeup)
{
	struct signalfd_siginfo info;
	unsigned causes = 0;

	while (read(*fd_of(wakeup, WAKEUP_END), &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGUSR1)
			causes |= WAKEUP_TOTALS;
		if (info.ssi_signo == SIGHUP)
			causes |= WAKEUP_REOPEN;
		if (info.ssi_signo != SIGTERM && info.ssi_signo != SIGINT)
			continue;
		/* the one that means the end for good counts, whichever comes first */
		if (wakeup->signal != SIGINT)
			wakeup->signal = (int)info.ssi_signo;
		causes |= WAKEUP_END;
	}
	return causes;
}

/* Empties what woke us. */
static int take_event(struct wakeup *wakeup, const struct epoll_event *event, unsigned *causes)
{
	const unsigned cause = event->data.u32;
	uint64_t expirations;
	bool set = false;
	int r;

	if (cause == WAKEUP_END) {
		*causes |= take_signals(wakeup);
		return 0;
	}
	if (cause == WAKEUP_CLOCK) {
		r = clock_rearm(*fd_of(wakeup, cause), &set);
		*causes |= set ? WAKEUP_CLOCK : 0;
		return r;
	}
	if (cause >= WAKEUP_TICK)
		(void)!read(*fd_of(wakeup, cause), &expirations, sizeof(expirations));
	wakeup->due &= ~cause;
	if (cause == WAKEUP_SINK && event->events & (EPOLLERR | EPOLLHUP))
		*causes |= WAKEUP_GONE;
	*causes |= cause;
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
