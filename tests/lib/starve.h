/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that is not to be had, once: whoever links this gets malloc(), calloc() and
 * strndup() from here. */
#pragma once

#include <stdbool.h>

/* The allocation @n from now on, counted from 1, finds no memory; 0: all find some. */
void starve_at(unsigned long n);

/* Whether it has come to that one. */
bool starve_happened(void);
