/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/filter/grep.h"

#include <ctype.h>
#include <errno.h>
#include <regex.h>
#include <stdlib.h>

#include "consumer/base/text-line.h"
#include "consumer/kinds/sentence.h"

struct grep {
	regex_t regex;
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
	char why[128];
	int r;

	if (!grep)
		return refuse(error, size, -ENOMEM, "out of memory");
	r = regcomp(&grep->regex, pattern, REG_EXTENDED | REG_NOSUB | (sensitive ? 0 : REG_ICASE));
	if (!r) {
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
	free(grep);
	return NULL;
}

bool grep_matches(const struct grep *grep, const Ringside__V1__Record *record,
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
	return regexec(&grep->regex, text, 0, NULL, 0) == 0;
}
