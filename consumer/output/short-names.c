/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/output/short-names.h"

#include <stdbool.h>
#include <string.h>
#include <xxhash.h>

#include "consumer/base/text-line.h"
#include "consumer/layout/char-width.h"

#define GAP "…"
#define HASH_DIGITS 4
#define SHORT_MAX 1024 /* bytes: more than any column has */

/* Whether @shown is nobody's but @whole's, as far as is known. */
static bool take_form(struct short_names *names, uint64_t shown, uint64_t whole)
{
	for (size_t i = 0; i < names->n; i++)
		if (names->known[i].shown == shown)
			return names->known[i].whole == whole;
	if (names->n == SHORT_NAMES_KEPT)
		return false;
	names->known[names->n++] = (struct short_name){shown, whole};
	return true;
}

/* Both ends of @name with @gap, of @gap_columns, between them. The end tells more apart: there
 * the pod's own part of its name stands, and the container's. */
static struct line cut_middle(char buf[SHORT_MAX], const char *name, size_t size, size_t columns,
			      const char *gap, size_t gap_columns)
{
	const size_t room = columns > gap_columns ? columns - gap_columns : 0;
	const size_t head = char_fitting(name, size, room / 2);
	const size_t tail = char_fitting_end(name, size, room - room / 2);
	struct line line = line_make(buf, SHORT_MAX);

	line_put(&line, name, head);
	line_text(&line, gap);
	line_put(&line, name + size - tail, tail);
	return line;
}

size_t short_names_fit(struct short_names *names, char *name, size_t size, size_t columns)
{
	char buf[SHORT_MAX], mark[32];
	struct line gap = line_make(mark, sizeof(mark)), line;
	uint64_t whole;

	if (char_width(name, size) <= columns)
		return size;
	whole = XXH3_64bits(name, size);
	line = cut_middle(buf, name, size, columns, GAP, 1);
	if (!take_form(names, XXH3_64bits(buf, (size_t)(line.p - buf)), whole)) {
		line_text(&gap, GAP);
		line_hex(&gap, whole, HASH_DIGITS);
		line_text(&gap, GAP);
		(void)line_end(&gap);
		line = cut_middle(buf, name, size, columns, mark, HASH_DIGITS + 2);
	}
	size = (size_t)(line.p - buf);
	memcpy(name, buf, size);
	return size;
}
