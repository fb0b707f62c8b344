/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/excerpt/named-hosts.h"

#include <string.h>

#include "consumer/base/json-page.h"
#include "consumer/base/text-line.h"

#define SAID 4 /* in a line */

void named_hosts_add(struct named_hosts *hosts, const char *name)
{
	char safe[NAMED_HOST];
	struct line line = line_make(safe, sizeof(safe));

	if (!text_has(name))
		return;
	line_safe(&line, name, sizeof(safe));
	(void)line_end(&line);
	for (unsigned i = 0; i < hosts->n; i++)
		if (!strcmp(hosts->names[i], safe))
			return;
	if (hosts->n == NAMED_HOSTS)
		hosts->others = true;
	else
		memcpy(hosts->names[hosts->n++], safe, sizeof(safe));
}

void named_hosts_put(const struct named_hosts *hosts, struct line *line)
{
	if (!hosts->n)
		return;
	for (unsigned i = 0; i < hosts->n && i < SAID; i++) {
		line_text(line, i ? ", " : " (");
		line_text(line, hosts->names[i]);
	}
	if (hosts->others) {
		line_text(line, " and others");
	} else if (hosts->n > SAID) {
		line_text(line, " and ");
		line_count(line, hosts->n - SAID);
		line_text(line, " more");
	}
	line_text(line, ")");
}

void named_hosts_json(const struct named_hosts *hosts, struct json_page *page, const char *member)
{
	if (!hosts->n)
		return;
	json_begin_list(page, member);
	for (unsigned i = 0; i < hosts->n; i++)
		json_add_text(page, NULL, hosts->names[i]);
	json_end_list(page);
}
