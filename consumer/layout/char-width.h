/* SPDX-License-Identifier: Apache-2.0 */
/* How wide text is on a terminal, in columns: an ideograph fills two, an accent that is a character
 * of its own none. Escapes of colour are not known here. */
#pragma once

#include <stddef.h>

/* Of @size bytes of UTF-8. */
size_t char_width(const char *s, size_t size);

/* Bytes of the beginning of @s that fill at most @columns, at a character's border. */
size_t char_fitting(const char *s, size_t size, size_t columns);

/* Bytes of its end, likewise. */
size_t char_fitting_end(const char *s, size_t size, size_t columns);
