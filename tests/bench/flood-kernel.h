/* SPDX-License-Identifier: Apache-2.0 */
/* kernel.h over a flood: a real ring, filled by a program that BPF_PROG_TEST_RUN runs. */
#pragma once

#include "streamer/kernel/kernel.h"
#include "tests/bench/flood.h"

/* Dies where it does not work: without CAP_BPF. */
struct kernel *flood_new(void);

/* FLOOD_RECORDS of them, to be filled: they are put into the ring in turn. */
struct flood_record *flood_records(struct kernel *kernel);

/* Puts @n records into the ring, the next ones. Blocks signals' handlers until it is done. */
void flood_run(struct kernel *kernel, unsigned n);

/* Over all CPUs. */
struct wire_sums flood_sums(const struct kernel *kernel);
