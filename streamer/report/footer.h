/* SPDX-License-Identifier: Apache-2.0 */
/* The last record of a stream that was closed cleanly. */
#pragma once

#include "streamer/output/stream.h"
#include "streamer/report/counters.h"
#include "streamer/report/totals.h"

/* With the sums of the latest counters_read. */
int footer_write(struct stream *stream, const struct counters *counters,
		 const struct totals *totals, const char *reason);
