/* SPDX-License-Identifier: Apache-2.0 */
/* The recordings of a folder, in the order of time.
 *
 * The order is that of the files, by their Headers: within one boot by boot time, which never
 * steps; between boots by real time, as the latest file of each boot has it, whose clock is likely
 * to be right. Files of streams that ran at the same time stand one behind the other and are not
 * merged record by record. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "consumer/read/reader.h"

#define FOLDER_MAX 50000 /* files of a folder */
#define FOLDER_ID 16
#define FOLDER_BOOT 40
#define FOLDER_HOST 68

/* Who a file is, by its Header. */
struct folder_id {
	uint8_t stream_id[FOLDER_ID];
	char boot_id[FOLDER_BOOT];   /* "" when absent */
	char host_name[FOLDER_HOST]; /* likewise */
	char machine_id[FOLDER_BOOT];
	uint32_t file_index;
	bool excerpt;       /* others of its stream may have what it lacks */
	uint64_t first_seq; /* the Header's own */
	uint64_t boottime_nano, time_unix_nano;
};

struct recording {
	char *path;
	bool known;                 /* its Header could be read; others stand at the end */
	bool headless;              /* a file, but its Header cannot be read */
	int error;                  /* 0, or the -errno with which it could not be read at all */
	bool listed;                /* in its folder, and not named (input-order.h) */
	const char *copy_of;        /* another one's path (copies.h); NULL: it is no copy */
	bool same_file;             /* ... and it is that file */
	bool doubtful;              /* ... which has as it was written what this one has not */
	uint64_t copied, copied_of; /* records of both; 0: not counted */
	struct folder_id id;
	uint64_t order; /* estimated real time, ns */
};

struct folder {
	size_t n; /* and so many behind them that are copies of others (copies.h) */
	size_t n_copies;
	struct recording *all;
	/* What has a recording's name and is no file: links that lead nowhere, pipes. */
	size_t n_skipped;
	char *skipped;     /* the path of the first one; NULL: there is none */
	int skipped_errno; /* why; 0: it is no file */
	char *begun;       /* an empty file that is being written: it will be a recording; NULL */
};

/* Both are of one stream, by their Headers. */
bool folder_tell_alike(const struct recording *a, const struct recording *b);
/* ... and stand one behind the other in it, or are the same: an excerpt stands by itself. */
bool folder_same_stream(const struct recording *a, const struct recording *b);

/* The line about those that were skipped: "DIR/x.pb: skipped: ...". False: there are none. */
bool folder_skipped(const struct folder *recordings, char *buf, size_t size);

/* Where recordings are looked for when no place is named: $RINGSIDE_DIR, else /var/log/ringside. */
const char *folder_folder(void);

/* A name that a recording in a folder has: it has ".pb" in it and does not begin with a dot. */
bool folder_name(const char *name);
/* One that a folder in a folder has, which folder_list_deep reads: it is not hidden. */
bool folder_inner_name(const char *name);
/* fsck(8)'s, at the root of each ext file system, for root alone: recordings are in none, and what
 * it saves there has numbers for names. */
bool folder_is_fsck(const char *name);

/* Whether @name is one of the numbered files that `-w @given` makes: events.000012.pb.zst of
 * events.pb.zst. Both without folders. */
bool folder_numbered(const char *name, const char *given);

/* What the Header @record says. */
void folder_take_id(struct folder_id *id, const Ringside__V1__Record *record);

/* Reads the Header of the file @path. 0, READER_* or -errno. */
int folder_identify(const char *path, struct folder_id *ret);

/* Lists @folder. Files that are empty so far are left out, as is what is no file. -E2BIG: more than
 * FOLDER_MAX. */
int folder_list(struct folder *ret, const char *folder);
/* And of the folders in it: of a folder for each host, beside which an excerpt may lie. One that
 * cannot be read is in the list, with the error. What lies deeper, deeper-folders.h tells. */
int folder_list_deep(struct folder *ret, const char *folder);
void folder_done(struct folder *recordings);
