/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/otlp/otlp-spares.h"

void otlp_spares_put(struct otlp_spares *spares, struct otlp_batch *batch, unsigned most)
{
	if (spares->n >= most) {
		(void)otlp_batch_free(batch);
		return;
	}
	batch->next = spares->first;
	spares->first = batch;
	spares->n++;
}

struct otlp_batch *otlp_spares_take(struct otlp_spares *spares)
{
	struct otlp_batch *batch = spares->first;

	if (batch) {
		spares->first = batch->next;
		spares->n--;
	}
	return batch;
}

size_t otlp_spares_memory(const struct otlp_spares *spares)
{
	size_t size = 0;

	for (const struct otlp_batch *batch = spares->first; batch; batch = batch->next)
		size += otlp_batch_memory(batch);
	return size;
}

void otlp_spares_free(struct otlp_spares *spares)
{
	while (spares->first)
		(void)otlp_batch_free(otlp_spares_take(spares));
}
