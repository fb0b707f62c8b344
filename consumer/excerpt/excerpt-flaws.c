/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/excerpt/excerpt-flaws.h"

#include <string.h>

#include "consumer/base/text-line.h"
#include "proto/base/util.h"

static const char *const words[EXCERPT_FLAW_WORDS] = {
	"is damaged or cut short",
	"lost events",
	"could not all be read",
	"ends without a Footer",
	"lacks records by their numbers",
	"goes on in a file that was missing",
	"begins in a file that was missing",
};

/* They are many bytes, of which few are used. */
void excerpt_flaws_reset(struct excerpt_flaws *flaws)
{
	flaws->found = 0;
	for (unsigned i = 0; i < EXCERPT_FLAW_WORDS; i++)
		flaws->hosts[i].n = flaws->hosts[i].others = 0;
}

void excerpt_flaws_add(struct excerpt_flaws *flaws, unsigned found, const char *host)
{
	flaws->found |= found;
	for (unsigned i = 0; i < EXCERPT_FLAW_WORDS; i++)
		if (found & 1u << i)
			named_hosts_add(&flaws->hosts[i], host);
}

void excerpt_flaws_take(struct excerpt_flaws *flaws, const Ringside__V1__Header *header)
{
	const char *text = header->excerpt_flaws;

	excerpt_flaws_add(flaws, excerpt_flaws_found(text),
			  excerpt_flaws_is_own(text) ? header->host_name : NULL);
}

/* False: not all of it had room. */
static bool put_words(const struct excerpt_flaws *flaws, bool with_hosts, char buf[EXCERPT_FLAWS])
{
	struct line line = line_make(buf, EXCERPT_FLAWS);

	for (unsigned i = 0; i < EXCERPT_FLAW_WORDS; i++) {
		if (!(flaws->found & 1u << i))
			continue;
		line_text(&line, line.p > line.start ? ", " : "");
		line_text(&line, words[i]);
		if (with_hosts)
			named_hosts_put(&flaws->hosts[i], &line);
	}
	(void)line_end(&line);
	return !line.cut;
}

const char *excerpt_flaws_text(const struct excerpt_flaws *flaws, char buf[EXCERPT_FLAWS])
{
	if (!put_words(flaws, true, buf))
		(void)put_words(flaws, false, buf);
	return buf;
}

unsigned excerpt_flaws_found(const char *text)
{
	unsigned found = 0;

	for (unsigned i = 0; text && i < EXCERPT_FLAW_WORDS; i++)
		found |= strstr(text, words[i]) ? 1u << i : 0;
	return found;
}

bool excerpt_flaws_is_own(const char *text)
{
	return text && strchr(text, '(');
}
