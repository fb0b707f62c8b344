/* SPDX-License-Identifier: Apache-2.0 */
/* What sentence.c says of the stream's own records. Each appends to the line. */
#pragma once

#include <stdbool.h>

#include "consumer/base/text-line.h"
#include "proto/ringside.pb-c.h"

void text_header(struct line *line, const Ringside__V1__Header *header);
void text_footer(struct line *line, const Ringside__V1__Footer *footer);
void text_counters(struct line *line, const Ringside__V1__Counters *counters);
void text_lost(struct line *line, const Ringside__V1__Lost *lost);
void advice_lost(struct line *line, const Ringside__V1__Lost *lost);
void text_limited(struct line *line, const Ringside__V1__Limited *limited);
void text_clock(struct line *line, const Ringside__V1__Clock *clock);
