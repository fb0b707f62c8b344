/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of the kernel (names of tasks and files) as valid UTF-8. */
#pragma once

#include <stddef.h>

/* An invalid byte becomes the three bytes of U+FFFD. */
#define UTF8_GROWTH 3

/* Copies @size bytes to @to, which has room for UTF8_GROWTH times as many, each invalid byte
 * replaced by U+FFFD. Returns the bytes written. */
size_t utf8_clean(char *to, const char *from, size_t size);
