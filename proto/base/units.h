/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes and spans of time, as people write them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes, or a share of a file system. */
struct amount {
	uint64_t bytes;
	unsigned percent; /* 0: bytes; and bytes 0: not given */
};

/* A decimal number without sign or space. Returns where it ends, NULL if there is none or it
 * is larger than @max. */
const char *units_number(const char *s, uint64_t max, uint64_t *ret);

/* The unit of time that the @n bytes at @s name, in ns; 0: none does. */
uint64_t units_time(const char *s, size_t n);
/* What such a name consists of. */
bool units_is_letter(char c);

/* The rest return false for what they do not understand, and for 0. */

/* Bytes, or with K, M, G or T (or k): powers of 1024. */
bool units_size(const char *s, uint64_t *ret);
/* That, or 1% to 100%. */
bool units_amount(const char *s, struct amount *ret);
/* Seconds, or as in systemd.time(7): 90min, 12h, 2 weeks, 1d12h; whole seconds in all. */
bool units_span(const char *s, uint64_t *ret);
/* Of a file system of @total bytes. */
uint64_t units_bytes(const struct amount *amount, uint64_t total);
