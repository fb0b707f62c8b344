/* SPDX-License-Identifier: Apache-2.0 */
/* The little of JSON the triggers need to print their truth. */
#pragma once

#include <stdio.h>

/* Writes @text in quotes, escaped. */
void json_string(FILE *f, const char *text);
/* Writes "true", "false", or "null" for a negative @value. */
void json_bool(FILE *f, int value);
