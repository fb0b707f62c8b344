/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/verify/input-order.h"

uint64_t input_order_next_seq(const struct input_list *order, size_t i)
{
	const struct recording *next = &order->all[i + 1];

	if (i + 1 >= order->n || !folder_same_stream(&order->all[i], next) ||
	    next->id.file_index != order->all[i].id.file_index + 1)
		return 0;
	return next->id.first_seq;
}

bool input_order_lacks_next(const struct input_list *order, size_t i)
{
	const struct recording *one = &order->all[i];
	bool alone = !i || !folder_same_stream(one, one - 1);

	if (!one->known || one->id.excerpt ||
	    (i + 1 < order->n && folder_same_stream(one, one + 1)))
		return false;
	return one->listed ? !input_list_is_made_now(order, one) : !alone;
}

bool input_order_lacks_first(const struct input_list *order, size_t i)
{
	const struct recording *one = &order->all[i];
	bool alone = i + 1 >= order->n || !folder_same_stream(one, one + 1);

	if (!one->known || one->id.excerpt || !one->id.file_index ||
	    (i && folder_same_stream(one, one - 1)))
		return false;
	return one->listed || !alone;
}
