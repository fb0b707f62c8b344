/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/units.h"

#include <string.h>

#include "proto/base/util.h"

/* No disk, and no use of this program, is larger or longer. */
#define SIZE_LIMIT (1ull << 60)
#define SPAN_LIMIT (1000ull * 365 * 24 * 3600)
#define SECOND 1000000000ull

const char *units_number(const char *s, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (*s < '0' || *s > '9')
		return NULL;
	for (; *s >= '0' && *s <= '9'; s++) {
		uint64_t digit = (uint64_t)(*s - '0');

		if (digit > max || v > (max - digit) / 10)
			return NULL;
		v = v * 10 + digit;
	}
	*ret = v;
	return s;
}

bool units_size(const char *s, uint64_t *ret)
{
	static const char letters[] = "KMGT";
	const char *end, *letter;
	uint64_t v, factor = 1;

	end = units_number(s, SIZE_LIMIT, &v);
	if (!end || !v)
		return false;
	if (*end) {
		letter = strchr(letters, *end == 'k' ? 'K' : *end);
		if (!letter || end[1])
			return false;
		factor = 1ull << (10 * (letter - letters + 1));
	}
	if (v > SIZE_LIMIT / factor)
		return false;
	*ret = v * factor;
	return true;
}

bool units_amount(const char *s, struct amount *ret)
{
	uint64_t v;
	const char *end = units_number(s, 100, &v);

	if (end && end[0] == '%' && !end[1] && v) {
		*ret = (struct amount){.percent = (unsigned)v};
		return true;
	}
	if (!units_size(s, &v))
		return false;
	*ret = (struct amount){.bytes = v};
	return true;
}

uint64_t units_time(const char *s, size_t n)
{
	/* as systemd.time(7) has them */
	static const struct {
		const char *names;
		uint64_t nano;
	} units[] = {
		{"ns nsec", 1},
		{"us usec \u00b5s \u03bcs", 1000}, /* both of Unicode's */
		{"ms msec", 1000 * 1000},
		{"s sec second seconds", SECOND},
		{"m min minute minutes", 60 * SECOND},
		{"h hr hour hours", 3600 * SECOND},
		{"d day days", 24 * 3600 * SECOND},
		{"w week weeks", 7 * 24 * 3600 * SECOND},
		{"M month months", 2629800 * SECOND},
		{"y year years", 31557600 * SECOND},
	};

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		const char *name = units[i].names;

		for (size_t length; *name; name += length + (name[length] == ' ')) {
			length = strcspn(name, " ");
			if (length == n && !memcmp(name, s, n))
				return units[i].nano;
		}
	}
	return 0;
}

bool units_is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

bool units_span(const char *s, uint64_t *ret)
{
	unsigned __int128 total = 0; /* ns */

	do {
		uint64_t v, nano = SECOND;
		const char *end = units_number(s, UINT64_MAX, &v), *unit;
		size_t n = 0;

		if (!end)
			return false;
		unit = end + strspn(end, " ");
		while (units_is_letter(unit[n]))
			n++;
		/* a bare number is the last one */
		if (n)
			nano = units_time(unit, n);
		else if (*unit)
			return false;
		total += (unsigned __int128)v * nano;
		if (!nano || total > (unsigned __int128)SPAN_LIMIT * SECOND)
			return false;
		s = unit + n + strspn(unit + n, " ");
	} while (*s);
	if (!total || total % SECOND)
		return false;
	*ret = (uint64_t)(total / SECOND);
	return true;
}

uint64_t units_bytes(const struct amount *amount, uint64_t total)
{
	return amount->percent ? total / 100 * amount->percent : amount->bytes;
}
