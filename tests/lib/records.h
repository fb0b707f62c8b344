/* SPDX-License-Identifier: Apache-2.0 */
/* A stream's bytes as protobuf-c understands them. */
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/util.h"
#include "proto/ringside.pb-c.h"
#include "tests/lib/folder.h"
#include "tests/lib/test.h"

typedef Ringside__V1__Record Record;

struct records {
	uint8_t *bytes;
	size_t size;
	size_t n;
	Record **all;
	size_t *starts; /* where each begins */
};

/* Frees the records and their bytes. */
void records_free(struct records *records);

/* Returns the length with which the frame at @p begins. */
size_t records_body(const uint8_t *p);

/* Returns how many bytes the whole frame at @p has. */
size_t records_frame(const uint8_t *p);

/* Splits and decodes the bytes, which it takes over. Every record has to be whole, and the numbers
 * of a stream without a gap. */
struct records records_decode(uint8_t *bytes, size_t size);

/* Returns the bytes of a file, which the caller frees. */
uint8_t *records_bytes(const char *path, size_t *ret_size);

/* Returns the records of a file that is not compressed. */
struct records records_read(const char *path);

/* Returns how many records have this body. */
size_t records_count(const struct records *records, unsigned body);

/* Returns the @number'th record with this body, from 0; the test fails if there is none. */
const Record *records_get(const struct records *records, unsigned body, size_t number);

#define BODY(NAME) RINGSIDE__V1__RECORD__BODY_##NAME
#define _cleanup_records_ _cleanup_(records_free)
