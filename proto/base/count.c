/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/count.h"

#include <string.h>

const char *count_text(char buf[COUNT_SIZE], uint64_t n)
{
	char *p = buf + COUNT_SIZE - 1;
	unsigned digits = 0;

	*p = '\0';
	do {
		if (digits && digits % 3 == 0)
			*--p = ',';
		*--p = (char)('0' + n % 10);
		digits++;
	} while (n /= 10);
	return p;
}

const char *count_things(char buf[COUNTED_SIZE], uint64_t n, const char *thing)
{
	char digits[COUNT_SIZE];
	const char *count = count_text(digits, n);
	size_t room = COUNTED_SIZE - COUNT_SIZE - 2, size = strlen(thing);
	char *p = stpcpy(buf, count);

	*p++ = ' ';
	p = mempcpy(p, thing, size < room ? size : room);
	if (n != 1)
		*p++ = 's';
	*p = '\0';
	return buf;
}
