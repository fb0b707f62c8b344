/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/filter/grep.h"

#include <ctype.h>
#include <errno.h>
#include <regex.h>
#include <stdlib.h>

#include "consumer/base/text-line.h"
#include "consumer/kinds/sentence.h"

#define FOLDED_MAX 65536u /* records, so that it costs little */

struct grep {
	regex_t regex;
	/* The same without a difference of capitals, looked for as long as nothing matched. */
	regex_t folded;
	bool has_folded, matched, folded_matched;
	unsigned looked_at;
};

static bool has_capital(const char *s)
{
	for (; *s; s++)
		if (isupper((unsigned char)*s))
			return true;
	return false;
}

int grep_new(struct grep **ret, const char *pattern, enum grep_case sensitivity, char *error,
	     size_t size)
{
	bool sensitive =
		sensitivity == GREP_SMART ? has_capital(pattern) : sensitivity == GREP_SENSITIVE;
	struct grep *grep = calloc(1, sizeof(*grep));
	const int flags = REG_EXTENDED | REG_NOSUB;
	char why[128];
	int r;

	if (!grep)
		return refuse(error, size, -ENOMEM, "out of memory");
	r = regcomp(&grep->regex, pattern, flags | (sensitive ? 0 : REG_ICASE));
	if (!r) {
		grep->has_folded = sensitive && !regcomp(&grep->folded, pattern, flags | REG_ICASE);
		*ret = grep;
		return 0;
	}
	(void)regerror(r, &grep->regex, why, sizeof(why));
	free(grep);
	return refuse(error, size, -EINVAL,
		      "--grep '%.64s' is not a regular expression: %s (regex(7))", pattern, why);
}

struct grep *grep_free(struct grep *grep)
{
	if (grep)
		regfree(&grep->regex);
	if (grep && grep->has_folded)
		regfree(&grep->folded);
	free(grep);
	return NULL;
}

static bool matches(struct grep *grep, const char *text)
{
	if (regexec(&grep->regex, text, 0, NULL, 0) == 0) {
		grep->matched = true;
		return true;
	}
	if (grep->has_folded && !grep->matched && !grep->folded_matched &&
	    grep->looked_at++ < FOLDED_MAX)
		grep->folded_matched = regexec(&grep->folded, text, 0, NULL, 0) == 0;
	return false;
}

bool grep_lacks_case(const struct grep *grep)
{
	return !grep->matched && grep->folded_matched;
}

bool grep_matches(struct grep *grep, const Ringside__V1__Record *record,
		  const Ringside__V1__Header *latest)
{
	char text[2 * TEXT_MAX + 64], part[TEXT_MAX];
	struct line line = line_make(text, sizeof(text));

	line_text(&line, text_tone(record)->label);
	line_text(&line, " ");
	line_put(&line, part, text_who(part, sizeof(part), record));
	line_text(&line, "  ");
	line_put(&line, part, text_message(part, sizeof(part), record, latest));
	(void)line_end(&line);
	return matches(grep, text);
}
