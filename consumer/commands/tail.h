/* SPDX-License-Identifier: Apache-2.0 */
/* The last records of a recording, for who prints them. */
#pragma once

#include "consumer/commands/printer.h"
#include "consumer/follow/follow-rotation.h"

/* Set the printer, which has to be initialised, lines, and of the rotation path and following; the
 * rest is zero, but for rotation.watch.fd: -1. */
struct tail {
	struct printer printer;
	struct rotation rotation;
	struct record_memory memory;
	uint64_t lines;
	bool events_only;                  /* no others are among them */
	uint64_t left;                     /* records to print before the end; 0: all */
	const struct each_record_ops *ops; /* of a fleet: what is done with the last ones */
	uint64_t skip; /* of a fleet: that are wanted, but are not among the last */
};

/* @ops: what is done with the records, for whom the printer is the data. 0, or -errno of the
 * output. */
int tail_print(struct tail *tail, const struct each_record_ops *ops);
/* The same of nats://..., of all hosts as they came. */
int tail_print_remote(struct tail *tail, const struct each_record_ops *ops);
void tail_done(struct tail *tail);

/* For @ops: the record, if it is wanted. */
int tail_put(void *data, struct reader *reader, struct reader_record *item);
