/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "streamer/config/options.h"
#include "streamer/kernel/kernel.h"
#include "streamer/output/sink.h"
#include "streamer/privileges/privileges.h"

/* Looks at the machine: while nothing is given up yet, what there is to see can be seen. */
struct doctor;
int doctor_new(struct doctor **ret, const struct kernel *kernel, struct sink *sink); /* or -errno */
struct doctor *doctor_free(struct doctor *doctor);

/* Writes a stream of a Header and a Footer: what got attached, how, and what is missing.
 * With doctor_holds, what is attached stays so until nobody reads the stream any more.
 * Returns 0, or -errno with a sentence in @error; -ENOENT: a probe could not be attached (the
 * records are written); who holds has read that in the records. */
int doctor_write(struct doctor *doctor, const struct options *options, const struct kernel *kernel,
		 struct sink *sink, const struct privileges *privileges, char *error, size_t size);

/* Prints a number, in hex; calls that have it as their first argument are Ringside's own
 * (trial-calls.h) until nobody reads stdout any more, or somebody ends us. 0 or -errno. */
int doctor_mark(void);
