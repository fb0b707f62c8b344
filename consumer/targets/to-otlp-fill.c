/* SPDX-License-Identifier: Apache-2.0 */
/* Records on their way into batches. */
#include <errno.h>

#include "consumer/targets/to-otlp-internal.h"

/* Bodies that are not made yet are counted, too: what is told repeats itself. */
static size_t memory_of(const struct target *target)
{
	size_t size = otlp_packer_memory(target->packer) + otlp_spares_memory(&target->spares);

	for (const struct otlp_batch *batch = target->first; batch; batch = batch->next) {
		size += otlp_batch_memory(batch);
		if (!batch->body && target->config.compression != OTLP_NONE)
			size += otlp_batch_bytes(batch) / 4;
	}
	return size;
}

void to_otlp_end_filling(struct target *target)
{
	if (target->last && target->last->state == OTLP_FILLING)
		target->last->state = OTLP_READY;
}

/* The batch that the record goes into, NULL: a new one. */
static struct otlp_batch *filling(struct target *target, const struct otel_told *told)
{
	struct otlp_batch *batch = target->last;

	if (!batch || batch->state != OTLP_FILLING)
		return NULL;
	if (otlp_batch_bytes(batch) + told->size <= target->config.body_bytes)
		return batch;
	to_otlp_end_filling(target);
	return NULL;
}

static int add_batch(struct target *target, const struct target_item *item)
{
	const struct otel_piece resource = otel_resource_of(target->otel);
	_cleanup_(otlp_batch_freep) struct otlp_batch *batch = otlp_spares_take(&target->spares);
	int r = batch ? otlp_batch_begin(batch, item->stream_id, &resource)
		      : otlp_batch_new(&batch, item->stream_id, &resource);

	if (r)
		return r;
	otlp_packer_lend(target->packer, batch);
	batch->begun_nano = to_otlp_now();
	if (target->last)
		target->last->next = batch;
	else
		target->first = batch;
	target->last = TAKE_PTR(batch);
	return 0;
}

/* One record is taken whatever it needs. */
static bool has_room(const struct target *target, const struct otlp_batch *batch,
		     const struct otel_told *told, size_t frame)
{
	static const struct otlp_batch none;
	const size_t more =
		batch ? otlp_batch_memory_with(batch, told->size, frame) - otlp_batch_memory(batch)
		: target->spares.first ? 0 /* it is counted */
				       : otlp_batch_memory_with(&none, told->size, frame);

	/* nearly each of them fits in what its batch has already */
	return (batch && !more) || !target->first ||
	       memory_of(target) + more <= target->options.memory;
}

static int put_told(struct target *target, const struct target_item *item,
		    const struct otel_told *told)
{
	struct otlp_batch *batch = filling(target, told);
	int r = 0;

	if (!has_room(target, batch, told, item->size))
		otlp_spares_free(&target->spares);
	if (!has_room(target, batch, told, item->size)) {
		to_otlp_end_filling(target); /* it would wait for company that cannot come */
		return -EAGAIN;
	}
	if (!batch)
		r = add_batch(target, item);
	if (!r)
		r = otlp_batch_add(target->last, item, target->sums.taken + 1, told);
	if (!r)
		target->sums.taken++;
	return r;
}

/* Nothing is to be sent of it. */
static void pass(struct target *target)
{
	target->sums.taken++;
	if (target->last)
		target->last->upto = target->sums.taken;
	else
		target->sums.settled = target->sums.taken;
}

static int refuse_untold(struct target *target, const struct target_item *item, const char *status,
			 const char *why)
{
	int r = target_refuse(&target->options, item->stream_id, item->seq, status, why,
			      item->frame, item->size);

	if (r)
		return r;
	target->sums.refused++;
	pass(target);
	return 0;
}

int to_otlp_put(struct target *target, const struct target_item *item)
{
	struct otel_told told;
	int r;

	if (!item->record)
		return refuse_untold(target, item, "unknown",
				     "its kind is a newer version's: this one has no words for it");
	/* Ringside's own tests of itself would be alarms there */
	if (!otel_tells((unsigned)item->record->body_case) || item->record->self_test) {
		pass(target);
		return 0;
	}
	r = otel_take_header(target->otel, item->header);
	if (r < 0)
		return r;
	if (r)
		to_otlp_end_filling(target);
	r = otel_tell(target->otel, item->record, item->header,
		      item->reader ? reader_memo(item->reader) : NULL, &told);
	if (r == -EMSGSIZE)
		return refuse_untold(target, item, "too large", "it is larger than a request");
	return r ? r : put_told(target, item, &told);
}
