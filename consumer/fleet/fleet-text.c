/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "consumer/base/duration.h"
#include "consumer/fleet/fleet.h"
#include "consumer/kinds/kind.h"
#include "consumer/layout/columns.h"
#include "consumer/layout/hosts.h"

#define STATE_WIDTH 9
#define EVENT_WIDTH 16

static const char *color_of(enum fleet_state state)
{
	if (state == FLEET_WELL)
		return COLUMNS_GREEN;
	return state <= FLEET_LAGGING ? COLUMNS_RED : NULL;
}

/* "1,000 hosts: 997 well, 3 silent" */
static void put_summary(struct columns *columns, const struct fleet *fleet)
{
	char text[256];
	struct line line = line_make(text, sizeof(text));
	const char *before = ": ";

	line_counted(&line, fleet->n, "host");
	for (unsigned i = 0; i < FLEET_STATES; i++) {
		/* those that are well, then the worst */
		unsigned state = (i + FLEET_WELL) % FLEET_STATES;

		if (!fleet->count[state])
			continue;
		line_text(&line, before);
		line_count(&line, fleet->count[state]);
		line_text(&line, " ");
		line_text(&line, fleet_words[state]);
		before = ", ";
	}
	(void)line_end(&line);
	columns_text(columns, 0, text);
}

/* "OOM 3 h 20 min" */
static void put_event(struct line *line, const struct fleet *fleet, const struct fleet_host *host)
{
	const struct kind *kind = kind_find(host->event_kind);
	char text[DURATION_SIZE];

	if (!host->event.seq) {
		line_text(line, "-");
		return;
	}
	line_text(line, kind ? kind->tone.label : host->event_kind);
	line_text(line, " ");
	line_text(line, duration_text(fleet->now > host->event.recorded
					      ? fleet->now - host->event.recorded
					      : 0,
				      text));
}

static const char *name_of(const struct fleet_host *host)
{
	return *host->name ? host->name : host->token;
}

static void put_host(struct columns *columns, const struct fleet *fleet,
		     const struct fleet_host *host, size_t width)
{
	char why[FLEET_WHY], event[64];
	struct line line = line_make(event, sizeof(event));

	put_event(&line, fleet, host);
	(void)line_end(&line);
	columns_cell(columns, name_of(host), width, NULL);
	columns_cell(columns, fleet_words[host->state], STATE_WIDTH, color_of(host->state));
	if (!*fleet_why(fleet, host, why)) {
		line_text(&columns->line, event);
		columns_end_row(columns);
		return;
	}
	columns_cell(columns, event, EVENT_WIDTH, NULL);
	columns_text(columns, width + STATE_WIDTH + EVENT_WIDTH, why);
}

void fleet_put_text(struct writer *writer, const struct fleet *fleet, bool color)
{
	struct columns columns;
	struct hosts hosts = {0};
	size_t width;

	columns_init(&columns, writer, color);
	put_summary(&columns, fleet);
	for (size_t i = 0; i < fleet->n; i++)
		(void)hosts_add(&hosts, name_of(fleet->hosts[i]));
	width = (hosts.width > strlen("HOST") ? hosts.width : strlen("HOST")) + 1;
	if (fleet->n) {
		columns_cell(&columns, "HOST", width, NULL);
		columns_cell(&columns, "STATE", STATE_WIDTH, NULL);
		columns_cell(&columns, "LATEST EVENT", EVENT_WIDTH, NULL);
		line_text(&columns.line, "WHY");
		columns_end_row(&columns);
	}
	for (size_t i = 0; i < fleet->n; i++)
		put_host(&columns, fleet, fleet->hosts[i], width);
}
