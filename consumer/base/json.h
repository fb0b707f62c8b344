/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the values of JSON (RFC 8259). Who calls them writes the punctuation: json-page.h,
 * or by itself what has to be fast.
 *
 * The output is ASCII-safe where it has to be: control characters, and what hides or reorders
 * others (utf8_is_unsafe), are escaped, so that nothing in a record can steer a terminal or
 * deceive who reads it; invalid UTF-8 becomes \ufffd byte by byte. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "consumer/base/out-buffer.h"

void json_string(struct writer *writer, const char *s, size_t size); /* with the quotes */
void json_chars(struct writer *writer, const char *s, size_t size);  /* without them */
void json_uint(struct writer *writer, uint64_t v);
void json_int(struct writer *writer, int64_t v);
void json_hex(struct writer *writer, const uint8_t *data, size_t size); /* "00ff" */
void json_base64(struct writer *writer, const uint8_t *data, size_t size);

/* The same where @p has room for JSON_NUMBER bytes. Return their end. */
#define JSON_NUMBER 24
uint8_t *json_digits(uint8_t *p, uint64_t v);
uint8_t *json_signed_digits(uint8_t *p, int64_t v);
uint8_t *json_address_digits(uint8_t *p, uint64_t v);

/* The nine digits of a part of a second. */
uint8_t *json_nano(uint8_t *p, uint32_t v);

/* 12.000000345, where @p has room for JSON_NUMBER bytes. */
uint8_t *json_seconds_digits(uint8_t *p, uint64_t nano);

/* 2026-11-22T03:04:05.123456789Z, where @p has room for JSON_TIME bytes. */
#define JSON_TIME 64
uint8_t *json_time(uint8_t *p, uint64_t nano);
