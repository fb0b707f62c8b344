/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/stream-fixture.h"

int fixture_setup(void **state)
{
	static const struct kubelet nowhere = {};
	struct fixture *f = calloc(1, sizeof(*f));
	char error[256];

	assert_non_null(f);
	assert_ok(folder_setup(&f->folder));
	f->path = in_folder(&f->folder, "x.pb");
	f->kernel = fake_kernel_new();
	assert_ok(encoder_new(&f->encoder, &nowhere));
	assert_ok(sink_open(&f->sink, &(struct sink_config){.path = f->path.s}, error,
			    sizeof(error)));
	assert_ok(stream_new(&f->stream, f->sink));
	assert_ok(totals_init(&f->totals, FAKE_CPUS));
	assert_ok(counters_init(&f->counters, f->kernel, f->encoder, NULL));
	*state = f;
	return 0;
}

int fixture_teardown(void **state)
{
	struct fixture *f = *state;

	counters_done(&f->counters);
	totals_done(&f->totals);
	(void)stream_free(f->stream);
	(void)sink_free(f->sink);
	(void)encoder_free(f->encoder);
	(void)kernel_free(f->kernel);
	assert_ok(folder_teardown(&f->folder));
	free(f);
	return 0;
}

int fixture_event(struct fixture *f, const struct wire_head *head, size_t size)
{
	struct record_stamp stamp;
	uint8_t *frame = stream_reserve(f->stream, ENCODER_FRAME_MAX, &stamp);
	size_t n;
	int r;

	assert_non_null(frame);
	stamp.before = totals_before(&f->totals, head, f->stream->run.number);
	r = encoder_event(f->encoder, head, size, &stamp, frame, &n);
	if (!r)
		stream_append(f->stream, n);
	return r;
}

struct records fixture_records(struct fixture *f)
{
	assert_ok(stream_flush(f->stream));
	return records_read(f->path.s);
}
