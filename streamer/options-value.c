/* SPDX-License-Identifier: Apache-2.0 */
/* What all rows of the table need to refuse a value, or to read a number. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "proto/base/units.h"
#include "streamer/options-internal.h"

int options_bad(struct parse *parse, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(parse->error, parse->error_size, format, args);
	va_end(args);
	return -EINVAL;
}

int options_number(struct parse *parse, const char *option, const char *value, uint64_t min,
		   uint64_t max, uint64_t *ret)
{
	uint64_t v;
	const char *end = units_number(value, max, &v);

	if (!end || *end || v < min)
		return options_bad(parse, "%s '%s': accepts a number from %llu to %llu", option,
				   value, (unsigned long long)min, (unsigned long long)max);
	*ret = v;
	return 0;
}
