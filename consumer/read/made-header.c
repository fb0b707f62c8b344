/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/read/made-header.h"

#include "consumer/read/reader.h"
#include "proto/record/container.h"
#include "proto/recording/recording.h"

#define NOTE "the beginning was damaged: this Header was made anew and knows little"

/* protobuf-c's strings are not const. */
#define TEXT(s) ((char *)(uintptr_t)(s))

void made_header_init(struct made_header *made, const Ringside__V1__Header *before, uint64_t seq)
{
	Ringside__V1__Header *header = &made->header;

	ringside__v1__record__init(&made->record);
	ringside__v1__header__init(header);
	made->notes[0] = TEXT(NOTE);
	header->magic = TEXT("RINGSIDE");
	header->has_format_version = header->has_first_seq = 1;
	header->format_version = READER_FORMAT_VERSION;
	header->first_seq = seq;
	header->streamer_version = TEXT(RECORDING_REPAIRER);
	header->n_notes = 1;
	header->notes = made->notes;
	/* records without a Header are told as they stand, and so behind this one */
	header->has_identity_version = 1;
	header->identity_version = CONTAINER_IDENTITY_VERSION;
	if (before) {
		header->excerpt = before->excerpt;
		header->has_excerpt_hosts = before->has_excerpt_hosts;
		header->excerpt_hosts = before->excerpt_hosts;
		header->has_identity_version = before->has_identity_version;
		header->identity_version = before->identity_version;
	}
	made->record.body_case = RINGSIDE__V1__RECORD__BODY_HEADER;
	made->record.header = header;
	made->record.has_seq = 1;
	made->record.seq = seq;
}
