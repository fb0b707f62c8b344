/* SPDX-License-Identifier: Apache-2.0 */
/* What the streamer sleeps on: the rings, the sink, signals and timers. Asleep, nothing runs
 * but the interval of the Counters. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define WAKEUP_CRITICAL 0x01u /* something in the ring */
#define WAKEUP_BULK 0x02u
#define WAKEUP_SINK 0x04u     /* the reader has room again */
#define WAKEUP_GONE 0x08u     /* the reader is gone */
#define WAKEUP_TICK 0x10u     /* a second after wakeup_tick */
#define WAKEUP_INTERVAL 0x20u /* time for Counters */
#define WAKEUP_CLOCK 0x40u    /* real time was set */
#define WAKEUP_END 0x80u      /* SIGTERM or SIGINT: see signal */
#define WAKEUP_TOTALS 0x100u  /* SIGUSR1 */
#define WAKEUP_REOPEN 0x200u  /* SIGHUP */
#define WAKEUP_COMMAND 0x400u /* a command has ended */
#define WAKEUP_FLUSH 0x800u   /* the time of wakeup_flush */
#define WAKEUP_ROTATE 0x1000u /* the time of wakeup_rotate */

struct wakeup {
	int epoll;
	int signals;
	int tick;
	int flush;
	int rotate;
	int interval;
	int clock;
	int critical; /* these three are borrowed */
	int bulk;
	int sink;
	unsigned listening; /* WAKEUP_CRITICAL, _BULK, _SINK */
	bool ticking;
	bool flushing;
	int signal; /* the latest SIGTERM or SIGINT */
};

#define WAKEUP_NULL                                                                                \
	{                                                                                          \
		.epoll = -1, .signals = -1, .tick = -1, .flush = -1, .rotate = -1, .interval = -1, \
		.clock = -1                                                                        \
	}

/* Blocks the signals it waits for, and ignores SIGPIPE and SIGXFSZ: writing says it too. */
int wakeup_init(struct wakeup *wakeup, int critical, int bulk, int sink, unsigned interval_seconds);
void wakeup_done(struct wakeup *wakeup); /* any time, also twice */

/* What tells that a command has ended; -1: nothing does. It goes by being closed. */
int wakeup_watch_commands(const struct wakeup *wakeup, int fd);

/* Listens to exactly those of WAKEUP_CRITICAL, WAKEUP_BULK and WAKEUP_SINK. */
int wakeup_listen(struct wakeup *wakeup, unsigned causes);

/* Asks for one WAKEUP_TICK in a second, unless one is due already. */
int wakeup_tick(struct wakeup *wakeup);

/* Asks for one WAKEUP_FLUSH in so many ns, unless one is due already. */
int wakeup_flush(struct wakeup *wakeup, uint64_t nano);

/* Asks for one WAKEUP_ROTATE at this CLOCK_BOOTTIME, instead of any earlier wish. */
int wakeup_rotate(struct wakeup *wakeup, uint64_t boottime);

/* Sleeps at most @timeout ms (-1: forever). *ret_causes: why it woke, 0 after the timeout. */
int wakeup_wait(struct wakeup *wakeup, int timeout, unsigned *ret_causes);
