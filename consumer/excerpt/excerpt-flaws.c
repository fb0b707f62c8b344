/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/excerpt/excerpt-flaws.h"

#include <string.h>

#include "consumer/base/text-line.h"
#include "proto/base/util.h"

static const char *const words[EXCERPT_FLAW_WORDS] = {
	"is damaged or cut short",        "lost events",
	"could not all be read",          "ends without a Footer",
	"lacks records by their numbers",
};

static void add_host(struct excerpt_flaw_hosts *hosts, const char *host)
{
	char name[EXCERPT_FLAW_HOST];
	struct line line = line_make(name, sizeof(name));

	line_safe(&line, host, sizeof(name));
	(void)line_end(&line);
	for (unsigned i = 0; i < hosts->n && i < EXCERPT_FLAW_HOSTS; i++)
		if (!strcmp(hosts->names[i], name))
			return;
	if (hosts->n < EXCERPT_FLAW_HOSTS)
		memcpy(hosts->names[hosts->n], name, sizeof(name));
	hosts->n += hosts->n <= EXCERPT_FLAW_HOSTS;
}

void excerpt_flaws_add(struct excerpt_flaws *flaws, unsigned found, const char *host)
{
	flaws->found |= found;
	for (unsigned i = 0; text_has(host) && i < EXCERPT_FLAW_WORDS; i++)
		if (found & 1u << i)
			add_host(&flaws->hosts[i], host);
}

void excerpt_flaws_take(struct excerpt_flaws *flaws, const Ringside__V1__Header *header)
{
	const char *text = header->excerpt_flaws;

	excerpt_flaws_add(flaws, excerpt_flaws_found(text),
			  excerpt_flaws_is_own(text) ? header->host_name : NULL);
}

static void put_hosts(struct line *line, const struct excerpt_flaw_hosts *hosts)
{
	for (unsigned i = 0; i < hosts->n && i < EXCERPT_FLAW_HOSTS; i++) {
		line_text(line, i ? ", " : " (");
		line_text(line, hosts->names[i]);
	}
	if (hosts->n)
		line_text(line, hosts->n > EXCERPT_FLAW_HOSTS ? " and others)" : ")");
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
			put_hosts(&line, &flaws->hosts[i]);
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
