/* SPDX-License-Identifier: Apache-2.0 */
/* The first record: what the stream is, where it was made, and what it cannot show. */
#pragma once

#include "kernel.h"
#include "machine.h"
#include "options.h"
#include "stream.h"

int header_write(struct stream *stream, const struct machine *machine, const struct kernel *kernel,
		 const struct options *options);
