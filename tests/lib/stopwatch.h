/* SPDX-License-Identifier: Apache-2.0 */
/* What benchmarks measure with: the time, and the median of many times. */
#pragma once

#include <stdint.h>

/* Returns the time that passes for all, in ns. */
uint64_t now_nano(void);

/* Returns the CPU time of this thread alone, in ns: others run on the machine too. */
uint64_t cpu_nano(void);

/* Sorts the values, and returns the one in their middle. */
double median(double *values, unsigned n);
