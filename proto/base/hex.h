/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes as hex digits. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define HEX_SIZE(n) (2 * (n) + 1)

/* Two digits for each of the @n bytes, and a NUL. Returns where it is. */
static inline char *hex_put(char *to, const uint8_t *bytes, size_t n)
{
	for (; n; n--, bytes++) {
		*to++ = "0123456789abcdef"[*bytes >> 4];
		*to++ = "0123456789abcdef"[*bytes & 15];
	}
	*to = '\0';
	return to;
}
