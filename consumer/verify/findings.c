/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/verify/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "consumer/base/text-line.h"
#include "consumer/base/time-stamp.h"

void findings_add(struct findings *findings, const char *format, ...)
{
	va_list args;

	if (findings->n++ >= FINDINGS_MAX)
		return;
	va_start(args, format);
	(void)vsnprintf(findings->texts[findings->n - 1], FINDING_SIZE, format, args);
	va_end(args);
	findings->times[findings->n - 1] = (struct finding_time){0};
	memcpy(findings->hosts[findings->n - 1], findings->host, NAMED_HOST);
}

void findings_set_host(struct findings *findings, const char *name)
{
	struct line line = line_make(findings->host, NAMED_HOST);

	line_safe(&line, name, NAMED_HOST);
	(void)line_end(&line);
}

void findings_add_hosts(const struct findings *findings, struct named_hosts *hosts)
{
	for (unsigned i = 0; i < findings_kept(findings); i++)
		named_hosts_add(hosts, findings->hosts[i]);
}

const char *finding_time_text(const struct finding_time *when, char buf[FINDING_TIME_TEXT])
{
	struct line line = line_make(buf, FINDING_TIME_TEXT);
	struct time_stamp stamp;

	time_stamp_init(&stamp, TIME_ISO, false, 0);
	if (when->from) {
		line_text(&line, when->until == when->from ? ", at "
				 : when->until             ? ", from "
							   : ", after ");
		time_stamp_put(&stamp, &line, &when->from, NULL);
	}
	if (when->until && when->until != when->from) {
		line_text(&line, when->from ? " to " : ", before ");
		time_stamp_put(&stamp, &line, &when->until, NULL);
	}
	(void)line_end(&line);
	return buf;
}

const char *findings_where(const struct findings *findings, unsigned i, bool several,
			   char buf[FINDING_WHERE])
{
	const bool whose = several && *findings->hosts[i];
	char when[FINDING_TIME_TEXT];

	(void)snprintf(buf, FINDING_WHERE, "%s%s%s", whose ? ", of " : "",
		       whose ? findings->hosts[i] : "",
		       finding_time_text(&findings->times[i], when));
	return buf;
}

void findings_when(struct findings *findings, uint64_t from, uint64_t until)
{
	if (findings->n && findings->n <= FINDINGS_MAX)
		findings->times[findings->n - 1] = (struct finding_time){from, until};
}
