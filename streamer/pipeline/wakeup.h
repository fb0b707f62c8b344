/* SPDX-License-Identifier: Apache-2.0 */
/* What the streamer sleeps on: the rings, the sink, signals and timers. Asleep, nothing runs
 * but the interval of the Counters. */
#pragma once

#include <stdint.h>

/* The first four are told by what somebody else has opened, those up to WAKEUP_INTERVAL by fds of
 * our own, the others along with one of these. */
#define WAKEUP_CRITICAL 0x01u /* something in the ring */
#define WAKEUP_BULK 0x02u
#define WAKEUP_SINK 0x04u      /* the reader has room again */
#define WAKEUP_COMMAND 0x08u   /* a command has ended */
#define WAKEUP_END 0x10u       /* SIGTERM or SIGINT: see signal */
#define WAKEUP_CLOCK 0x20u     /* real time was set */
#define WAKEUP_TICK 0x40u      /* the time of wakeup_after */
#define WAKEUP_FLUSH 0x80u     /* likewise */
#define WAKEUP_ROTATE 0x100u   /* the time of wakeup_rotate */
#define WAKEUP_INTERVAL 0x200u /* time for Counters */
#define WAKEUP_GONE 0x400u     /* the reader is gone */
#define WAKEUP_TOTALS 0x800u   /* SIGUSR1 */
#define WAKEUP_REOPEN 0x1000u  /* SIGHUP */

#define WAKEUP_FDS 10

struct wakeup {
	int epoll;
	int fds[WAKEUP_FDS]; /* by the cause's bit; -1: there is none */
	unsigned listening;  /* WAKEUP_CRITICAL, _BULK, _SINK */
	unsigned due;        /* WAKEUP_TICK, _FLUSH */
	int signal;          /* SIGTERM, or SIGINT if that came, too */
};

#define WAKEUP_NULL                                                                                \
	{                                                                                          \
		.epoll = -1, .fds = { [0 ... WAKEUP_FDS - 1] = -1 }                                \
	}

/* Blocks the signals it waits for, and ignores SIGPIPE and SIGXFSZ: writing says it too. The four
 * fds are borrowed. @commands goes by being closed; -1: there are none. */
int wakeup_init(struct wakeup *wakeup, int critical, int bulk, int sink, int commands,
		unsigned interval_seconds);
void wakeup_done(struct wakeup *wakeup); /* any time, also twice */

/* Listens to exactly those of WAKEUP_CRITICAL, WAKEUP_BULK and WAKEUP_SINK. */
int wakeup_listen(struct wakeup *wakeup, unsigned causes);

/* Asks for one WAKEUP_TICK or WAKEUP_FLUSH in so many ns, unless one is due already. */
int wakeup_after(struct wakeup *wakeup, unsigned cause, uint64_t nano);

/* Asks for one WAKEUP_ROTATE at this CLOCK_BOOTTIME, instead of any earlier wish. */
int wakeup_rotate(struct wakeup *wakeup, uint64_t boottime);

/* Sleeps at most @timeout ms (-1: forever). *ret_causes: why it woke, 0 after the timeout. */
int wakeup_wait(struct wakeup *wakeup, int timeout, unsigned *ret_causes);
