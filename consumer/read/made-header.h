/* SPDX-License-Identifier: Apache-2.0 */
/* A Header in the place of one that was lost (FORMAT.md, "Repaired recordings"): it says of whose
 * stream the records behind it are no more than is known. */
#pragma once

#include <stdint.h>

#include "proto/ringside.pb-c.h"

/* What a record of it borrows from. */
struct made_header {
	Ringside__V1__Record record;
	Ringside__V1__Header header; /* of the record */
	char *notes[1];
};

/* With the number @seq. @before: the Header that was there, for all that is no host's or stream's
 * own; NULL: none was. */
void made_header_init(struct made_header *made, const Ringside__V1__Header *before, uint64_t seq);

/* The number for it before a record with @seq, so that a Lost has room between them where there can
 * be one. */
static inline uint64_t made_header_seq(uint64_t seq)
{
	return seq > 2 ? seq - 2 : 1;
}
