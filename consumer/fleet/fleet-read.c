/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/fleet/fleet.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <xxhash.h>

#include "consumer/base/hash-table.h"
#include "consumer/read/body.h"
#include "proto/base/util.h"
#include "proto/record/frame.h"
#include "proto/record/peek.h"

#define INTERVAL_NANO UINT64_C(10000000000) /* where a Header does not say */
#define LINE_ROOM 256

void fleet_done(struct fleet *fleet)
{
	for (size_t i = 0; i < fleet->n; i++)
		free(fleet->hosts[i]);
	free(fleet->hosts);
	*fleet = (struct fleet){0};
}

static bool is_same(const void *item, const void *key)
{
	const struct fleet_host *host = item;

	return !strcmp(host->token, key);
}

static struct fleet_host *get_host(struct fleet *fleet, struct table *table, const char *token)
{
	uint64_t hash = XXH3_64bits(token, strlen(token));
	struct fleet_host *host = table_find(table, hash, is_same, token);

	if (host || GROW(fleet->hosts, fleet->n, &fleet->room))
		return host;
	host = calloc(1, sizeof(*host));
	if (!host)
		return NULL;
	(void)snprintf(host->token, sizeof(host->token), "%s", token);
	host->interval_nano = INTERVAL_NANO;
	if (table_add(table, hash, host)) {
		free(host);
		return NULL;
	}
	return fleet->hosts[fleet->n++] = host;
}

static void add_word(char *list, size_t size, const char *word)
{
	size_t used = strlen(list);

	(void)snprintf(list + used, size - used, "%s%s", used ? ", " : "", word);
}

static void take_header(struct fleet_host *host, const Ringside__V1__Header *header)
{
	char kind[KIND_NAME];

	(void)snprintf(host->name, sizeof(host->name), "%s", header->host_name ?: "");
	(void)snprintf(host->version, sizeof(host->version), "%s", header->streamer_version ?: "");
	host->interval_nano = header->counters_interval_nano ?: INTERVAL_NANO;
	*host->detached = '\0';
	for (size_t i = 0; i < header->n_probes; i++) {
		kind_clean(kind, header->probes[i]->kind);
		if (!header->probes[i]->has_tier)
			add_word(host->detached, sizeof(host->detached), kind);
	}
}

static void take_sums(struct fleet_host *host, const struct fleet_record *record,
		      Ringside__V1__ProbeSums *const *probes, size_t n)
{
	if (!n || record->stored < host->sums.stored)
		return;
	host->sums = *record;
	host->dropped = host->missed_runs = 0;
	host->missed_known = true;
	for (size_t i = 0; i < n; i++) {
		host->missed_runs += probes[i]->missed_runs;
		host->missed_known = host->missed_known && probes[i]->has_missed_runs;
		host->dropped += probes[i]->lost_in_sink;
		for (size_t k = 0; k < probes[i]->n_cpus; k++)
			host->dropped += probes[i]->cpus[k]->dropped;
	}
}

static void take_counters(struct fleet_host *host, const struct fleet_record *record,
			  const Ringside__V1__Counters *counters)
{
	if (record->stored >= host->counters.stored)
		host->counters = *record;
	take_sums(host, record, counters->probes, counters->n_probes);
}

/* What the sums have is counted there. What retention deletes on the host was sent before, unless
 * its forwarder says that it was not. */
static void take_loss(struct fleet_host *host, const struct fleet_record *record,
		      const Ringside__V1__Record *of)
{
	const Ringside__V1__Lost *lost = of->lost;
	bool summed = lost->reason == RINGSIDE__V1__LOST__REASON__RING_FULL ||
		      lost->reason == RINGSIDE__V1__LOST__REASON__SINK;
	bool deleted = lost->reason == RINGSIDE__V1__LOST__REASON__RETENTION && !body_stands_in(of);

	if (deleted || (lost->has_count && !lost->count))
		return;
	host->loss = *record;
	host->loss_count = summed ? 0 : lost->count;
	host->loss_uncounted = !lost->has_count;
}

static void take_footer(struct fleet_host *host, const struct fleet_record *record,
			const Ringside__V1__Footer *footer)
{
	host->footer = *record;
	(void)snprintf(host->footer_reason, sizeof(host->footer_reason), "%s",
		       footer->reason ?: "");
	take_sums(host, record, footer->probes, footer->n_probes);
}

static void take_body(struct fleet_host *host, const struct fleet_record *record,
		      const Ringside__V1__Record *of)
{
	switch (of->body_case) {
	case RINGSIDE__V1__RECORD__BODY_HEADER:
		host->header = *record;
		take_header(host, of->header);
		break;
	case RINGSIDE__V1__RECORD__BODY_COUNTERS:
		take_counters(host, record, of->counters);
		break;
	case RINGSIDE__V1__RECORD__BODY_LOST:
		take_loss(host, record, of);
		break;
	case RINGSIDE__V1__RECORD__BODY_FOOTER:
		take_footer(host, record, of->footer);
		break;
	default:
		break;
	}
}

static bool is_wanted(unsigned kind)
{
	return kind == RINGSIDE__V1__RECORD__BODY_HEADER ||
	       kind == RINGSIDE__V1__RECORD__BODY_COUNTERS ||
	       kind == RINGSIDE__V1__RECORD__BODY_LOST || kind == RINGSIDE__V1__RECORD__BODY_FOOTER;
}

static void take_event(struct fleet_host *host, const struct fleet_record *record, unsigned kind)
{
	const ProtobufCFieldDescriptor *field =
		protobuf_c_message_descriptor_get_field(&ringside__v1__record__descriptor, kind);

	if (!field || record->recorded < host->event.recorded)
		return;
	host->event = *record;
	kind_clean(host->event_kind, field->name);
}

/* What is no record is passed over: the state says what is not known. */
static void take_record(struct fleet_host *host, struct fleet_record *record, const uint8_t *data,
			size_t size)
{
	Ringside__V1__Record *of = NULL;
	struct peek peek;

	if (!peek_record(data, size, &peek))
		return;
	record->recorded = peek.has_time ? peek.time_unix_nano : 0;
	if (record->stored >= host->newest.stored)
		host->newest = *record;
	if (body_kind_is_event(peek.kind) && !peek.self_test)
		take_event(host, record, peek.kind);
	if (is_wanted(peek.kind))
		of = ringside__v1__record__unpack(NULL, size, data);
	if (!of)
		return;
	take_body(host, record, of);
	ringside__v1__record__free_unpacked(of, NULL);
}

static bool parse_id(const char *hex, uint8_t id[FLEET_ID])
{
	for (size_t i = 0; i < FLEET_ID; i++) {
		unsigned byte;

		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			return false;
		id[i] = (uint8_t)byte;
	}
	return true;
}

/* The line before a record, and the record. */
static int read_record(struct fleet *fleet, struct table *table, FILE *in, const char *line,
		       uint8_t *data)
{
	struct fleet_record record = {0};
	struct fleet_host *host;
	char token[FLEET_TOKEN], id[2 * FLEET_ID + 1];
	size_t size;

	if (sscanf(line, "%95s %32[0-9a-f] %" SCNu64 " %" SCNu64 " %zu", token, id, &record.seq,
		   &record.stored, &size) != 5 ||
	    strlen(id) != 2 * FLEET_ID || !parse_id(id, record.stream) || size > FRAME_MAX ||
	    fread(data, 1, size + 1, in) != size + 1)
		return -EBADMSG;
	host = get_host(fleet, table, token);
	if (!host)
		return -ENOMEM;
	take_record(host, &record, data, size);
	return 0;
}

int fleet_read(struct fleet *fleet, FILE *in)
{
	_cleanup_free_ uint8_t *data = malloc(FRAME_MAX + 1);
	struct table table = {0};
	char line[LINE_ROOM];
	int r = data ? 0 : -ENOMEM;

	while (!r && !fleet->now && fgets(line, sizeof(line), in)) {
		if (strchr(line, ' '))
			r = read_record(fleet, &table, in, line, data);
		else
			fleet->now = strtoull(line, NULL, 10);
	}
	table_done(&table, NULL);
	return r || fleet->now ? r : -EBADMSG;
}
