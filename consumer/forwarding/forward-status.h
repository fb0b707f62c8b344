/* SPDX-License-Identifier: Apache-2.0 */
/* How forwarding to one target goes: a file that `ringside forward` writes at most once a second,
 * and that `ringside status` and `ringside serve` read. A line for each fact, its name and a blank
 * before it; who reads one of a newer version passes over what it does not know. */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FORWARD_FOLDER "/var/lib/ringside/forward"
#define FORWARD_SUFFIX ".status"
#define FORWARD_TEXT 512
#define FORWARD_MAX 64u                          /* targets that are told of */
#define FORWARD_STALE_NANO UINT64_C(60000000000) /* it writes every 10 s */

struct forward_status {
	char to[FORWARD_TEXT];     /* URL */
	char path[FORWARD_TEXT];   /* what is forwarded */
	char cursor[FORWARD_TEXT]; /* "": none */
	char lock[FORWARD_TEXT];   /* locked as long as it runs, from the root; "": nothing is */
	char host[FORWARD_TEXT];
	char problem[FORWARD_TEXT];               /* "": none */
	char cursor_problem[FORWARD_TEXT];        /* likewise */
	uint64_t since_unix_nano, time_unix_nano; /* when it began, and when this was written */
	uint64_t pid;
	uint64_t ended; /* 1: in order */
	bool gone;      /* found when it was read: nobody holds the lock */
	/* Records, as struct target_sums counts them, and: */
	uint64_t taken, settled, sent, acknowledged, retried, refused, doubled;
	uint64_t deleted; /* by retention, before they could be sent */
	uint64_t sent_bytes;
	uint64_t lag_records, lag_nano; /* on their way; of the oldest of these */
};

/* 0 or -errno. */
int forward_status_write(const struct forward_status *status, const char *path);
int forward_status_read(struct forward_status *ret, const char *path);

/* Where these files are looked for: $RINGSIDE_FORWARD_DIR, else FORWARD_FOLDER. */
const char *forward_status_folder(void);

/* All there are, in the order of their names; *ret_n at most FORWARD_MAX. To be freed. 0 (also
 * where there is no such folder) or -errno. */
int forward_status_list(struct forward_status **ret, size_t *ret_n);

/* What is wrong with it at @now, for people: "" is nothing. Returns @buf. */
const char *forward_status_trouble(const struct forward_status *status, uint64_t now,
				   char buf[FORWARD_TEXT]);
