/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/output/output.h"

bool output_prints_events(const struct output *output, unsigned kind)
{
	switch (kind) {
	case RINGSIDE__V1__RECORD__BODY__NOT_SET:
		return output->all;
	case RINGSIDE__V1__RECORD__BODY_HEADER:
	case RINGSIDE__V1__RECORD__BODY_FOOTER:
		return output->verbose || output->every || output->all;
	case RINGSIDE__V1__RECORD__BODY_COUNTERS:
		return output->all ||
		       (output->every && !(output->rows_only && output->ops->put_row));
	case RINGSIDE__V1__RECORD__BODY_CLOCK:
		return output->every || output->all;
	default:
		return true;
	}
}
