/* SPDX-License-Identifier: Apache-2.0 */
/* A record as a sentence for people. All texts are NUL-terminated, without a newline or colour,
 * cut to @size (at least LINE_MIN) with a mark, and safe for a terminal: control characters,
 * invalid bytes and characters that reorder text are escaped. All return the bytes written
 * without the NUL. @header: the latest of the stream, or NULL. */
#pragma once

#include <stddef.h>

#include "consumer/kinds/kind.h"
#include "consumer/text/phrases.h" /* TEXT_MAX */
#include "proto/ringside.pb-c.h"

/* What kind of line the record is. */
const struct tone *text_tone(const Ringside__V1__Record *record);
extern const struct tone tone_info; /* about the stream; its colour goes to the end of the line */

/* As OpenTelemetry's severity text: one of these. */
#define SEVERITIES "INFO, WARN or ERROR"
const char *text_severity(const Ringside__V1__Record *record);
/* The same of a row of Counters that tells what is full. */
#define text_severity_full "WARN"

/* As text_container has it. */
size_t text_whom(char *buf, size_t size, const Ringside__V1__Container *container);
/* Whose event it is, likewise. */
size_t text_who(char *buf, size_t size, const Ringside__V1__Record *record);
/* All that text_who looks at; NULL: none. */
const Ringside__V1__Container *text_whose(const Ringside__V1__Record *record);

/* The sentence: what happened, why, and what follows. Without time, label and whose it is. */
size_t text_message(char *buf, size_t size, const Ringside__V1__Record *record,
		    const Ringside__V1__Header *header);

/* What is the same of all that are one line (kind.h). 0 and "": it is one by itself. */
size_t text_same(char *buf, size_t size, const Ringside__V1__Record *record,
		 const Ringside__V1__Header *header);
/* Whose process it is about, or NULL. */
const Ringside__V1__Process *text_whose_process(const Ringside__V1__Record *record);

/* A second sentence: what to change. 0 and "" if there is nothing to say. */
size_t text_advice(char *buf, size_t size, const Ringside__V1__Record *record);

/* Of the stream's own records, what these two say (stream-sentences.c). */
void stream_sentence(struct line *line, const Ringside__V1__Record *record);
void stream_advice(struct line *line, const Ringside__V1__Record *record);
