/* SPDX-License-Identifier: Apache-2.0 */
/* Everything a stream is made from, over a fake kernel, into a file of a folder of its own. */
#pragma once

#include "streamer/encode/encoder.h"
#include "streamer/output/sink.h"
#include "streamer/output/stream.h"
#include "streamer/report/counters.h"
#include "streamer/report/totals.h"
#include "tests/lib/fake-kernel.h"
#include "tests/lib/records.h"

struct fixture {
	void *folder;
	struct folder_path path;
	struct kernel *kernel;
	struct encoder *encoder;
	struct sink *sink;
	struct stream *stream;
	struct totals totals;
	struct counters counters;
};

/* Makes everything, for a test. */
int fixture_setup(void **state);

/* Frees everything, and removes the folder. */
int fixture_teardown(void **state);

/* Puts an event into the stream, as the pipeline does. Returns 0, or what encoder_event() says. */
int fixture_event(struct fixture *f, const struct wire_head *head, size_t size);

/* Returns all records that were written so far. */
struct records fixture_records(struct fixture *f);

#define test_with_fixture(t) cmocka_unit_test_setup_teardown(t, fixture_setup, fixture_teardown)
