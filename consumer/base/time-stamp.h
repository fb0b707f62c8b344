/* SPDX-License-Identifier: Apache-2.0 */
/* Points in time as lines of text begin with them, in journalctl's styles. What is printed in any
 * of them, time-spec.h reads. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "consumer/base/text-line.h"

/* For --time; what stands behind a comma is only understood. */
#define TIME_STAMP_STYLES                                                                          \
	"short, short-precise, short-iso, short-iso-precise, short-full, unix or monotonic"

enum time_style {
	TIME_SHORT, /* "Nov 22 03:04:05.123", or with the year if it is not this one */
	TIME_SHORT_PRECISE,
	TIME_ISO, /* "2026-11-22T03:04:05.123+01:00" */
	TIME_ISO_PRECISE,
	TIME_FULL,      /* "Sun 2026-11-22 03:04:05.123 CET" */
	TIME_UNIX,      /* "1795316645.123456" */
	TIME_MONOTONIC, /* "boot+5.123456" */
};

/* -1: there is none. */
int time_style_find(const char *name);

struct time_stamp {
	enum time_style style;
	bool utc;
	int year;        /* which need not be told, less 1900 */
	unsigned width;  /* of the column so far: it only grows */
	uint64_t second; /* that the texts are of */
	char text[40];   /* to the second */
	char zone[16];   /* behind its fraction */
	size_t text_size, zone_size;
};

/* @year: which need not be told; 0: the present one. */
void time_stamp_init(struct time_stamp *stamp, enum time_style style, bool utc, int year);

/* NULL: not known. A record without a time of day has that since boot. */
void time_stamp_put(struct time_stamp *stamp, struct line *line, const uint64_t *unix_nano,
		    const uint64_t *boot_nano);

/* A moment (ns since 1970) for whoever reads it when and where he likes: in local time, with its
 * offset, and no more digits than it needs. time-spec.h reads it: as its first ns, or with @until
 * as its last one. */
void time_stamp_exact(struct line *line, uint64_t nano, bool until);
