/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/escape.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/hex.h"
#include "proto/base/utf8.h"

void escape_line(char *to, size_t size, const char *from)
{
	const uint8_t *p = (const uint8_t *)from;
	char *end = to + size - 1;

	while (*p) {
		uint32_t code;
		size_t n = utf8_decode(p, SIZE_MAX, &code);
		bool unsafe = !n || utf8_is_unsafe(code);

		n = n ? n : 1;
		if ((size_t)(end - to) < n * 4)
			break;
		for (; n; n--, p++) {
			if (unsafe)
				to = hex_put(stpcpy(to, "\\x"), p, 1);
			else
				*to++ = (char)*p;
		}
	}
	*to = '\0';
}
