/* SPDX-License-Identifier: Apache-2.0 */
/* What printer.c is made of: the printer's options, what it says on stderr, and how records of each
 * sort are put. */
#pragma once

#include "consumer/commands/printer.h"

/* The first thing that is wrong with the input at hand. */
void printer_say(struct printer *printer, const char *problem);

/* Which records of which streams were not there to be read. */
void printer_say_missing(struct printer *printer);
/* Why there is nothing to see. The exit status that makes of success. */
int printer_say_misses(const struct printer *printer);
/* That there is nothing to see yet, to who waits for it. */
void printer_say_to_come(const struct printer *printer);

/* Nothing is left to the threads, and soon will not be. */
void printer_wait(struct printer *printer);

/* The record is for the threads. What had to be unpacked to be chosen, as a Header is, is not: and
 * so is nothing that comes soon after it. */
bool printer_is_shared(struct printer *printer, const struct reader *reader,
		       const struct reader_record *item);

/* Whether rows of what is read may be told by themselves: most streams have none. */
bool printer_has_rows(const struct printer *printer, const Ringside__V1__Header *header);
/* 0, PRINTER_NOTHING, READER_DAMAGED or -errno. */
int printer_put_rows(struct printer *printer, struct reader *reader, struct reader_record *item);

/* Who reads what is written takes a record for one of the stream whose Header came last: where
 * another one's came between, or the file's own was left out because it came before, it comes once
 * more. */
int printer_put_stream(struct printer *printer, const struct reader *reader,
		       const struct reader_record *item);
/* What the record, which may not match, says was lost of what a raw output is chosen from. */
void printer_see_flaws(struct printer *printer, struct reader *reader, struct reader_record *item,
		       bool matches);
/* Behind all: a Header that says of them what none has said before. 0 or -errno. */
int printer_tell_flaws(struct printer *printer);

/* What is to be read as a stream: 0, or -errno. */
int printer_put_raw(struct printer *printer, const struct reader *reader,
		    struct reader_record *item);
