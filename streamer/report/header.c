/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/utf8.h"
#include "proto/record/container.h"
#include "proto/ringside-fields.h"
#include "streamer/encode/probe-table.h"
#include "streamer/privileges/privileges.h"
#include "streamer/report/counters.h"
#include "streamer/report/header.h"
#include "streamer/report/host-names.h"

#define FORMAT_VERSION 2
#define HEADER_MAX (64u * 1024)

/* of a map's entries, which are messages (protobuf's encoding, "Maps") */
#define MAP_KEY 1
#define MAP_VALUE 2

/* A string of the machine, which can hold any byte; an empty one is not known. */
static void put_known(struct pb *pb, unsigned field, const char *s)
{
	char clean[256 * UTF8_GROWTH];

	if (s[0])
		pb_bytes(pb, field, clean, utf8_clean(clean, s, strnlen(s, 256)));
}

static void put_identity(struct pb *pb, const struct stream *stream,
			 const struct header_config *config, const struct host *host)
{
	pb_string(pb, FIELD_HEADER_MAGIC, "RINGSIDE");
	pb_uint(pb, FIELD_HEADER_FORMAT_VERSION, FORMAT_VERSION);
	pb_bytes(pb, FIELD_HEADER_STREAM_ID, stream->id, STREAM_ID_SIZE);
	pb_uint(pb, FIELD_HEADER_FILE_INDEX, stream->now.file);
	pb_uint(pb, FIELD_HEADER_FIRST_SEQ, stream->now.seq + 1);
	put_known(pb, FIELD_HEADER_HOST_NAME, config->host_name ? config->host_name : host->name);
	put_known(pb, FIELD_HEADER_MACHINE_ID, host->machine_id);
	put_known(pb, FIELD_HEADER_BOOT_ID, host->boot_id);
	put_known(pb, FIELD_HEADER_KERNEL_RELEASE, host->kernel_release);
	put_known(pb, FIELD_HEADER_ARCHITECTURE, host->architecture);
	pb_string(pb, FIELD_HEADER_STREAMER_VERSION, RINGSIDE_VERSION);
}

static void put_labels(struct pb *pb, const struct header_config *config)
{
	for (size_t i = 0; i < config->n_labels; i++) {
		const struct header_label *label = &config->labels[i];
		uint8_t *mark = pb_open(pb, FIELD_HEADER_LABELS);

		pb_bytes(pb, MAP_KEY, label->key, label->key_size);
		pb_string(pb, MAP_VALUE, label->value);
		pb_close(pb, mark);
	}
}

static void put_attempt(struct pb *pb, const struct kernel_attempt *attempt)
{
	uint8_t *mark = pb_open(pb, FIELD_PROBE_ATTEMPTS);

	pb_uint(pb, FIELD_ATTEMPT_TIER, attempt->tier);
	pb_bool(pb, FIELD_ATTEMPT_OK, attempt->ok);
	put_known(pb, FIELD_ATTEMPT_ERROR, attempt->error);
	pb_close(pb, mark);
}

static void put_probe(struct pb *pb, const struct kernel_probe *p, const char *kind)
{
	uint8_t *mark = pb_open(pb, FIELD_HEADER_PROBES);

	pb_string(pb, FIELD_PROBE_KIND, kind);
	if (p->tier != KERNEL_TIER_NONE)
		pb_uint(pb, FIELD_PROBE_TIER, p->tier);
	for (size_t i = 0; i < p->n_hooks; i++)
		pb_string(pb, FIELD_PROBE_HOOKS, p->hooks[i]);
	for (size_t i = 0; i < p->n_blind_spots; i++)
		pb_string(pb, FIELD_PROBE_BLIND_SPOTS, p->blind_spots[i]);
	if (p->cost)
		pb_string(pb, FIELD_PROBE_COST, p->cost);
	if (p->tier != KERNEL_TIER_NONE)
		pb_bool(pb, FIELD_PROBE_SELF_TESTED, p->self_tested);
	for (size_t i = 0; i < p->n_attempts; i++)
		put_attempt(pb, &p->attempts[i]);
	pb_close(pb, mark);
}

static void put_limits(struct pb *pb, const struct kernel_config *config)
{
	uint8_t *mark = pb_open(pb, FIELD_HEADER_LIMITS);

	pb_uint(pb, FIELD_LIMITS_PER_SECOND, config->rate);
	pb_uint(pb, FIELD_LIMITS_BURST, config->burst);
	pb_uint(pb, FIELD_LIMITS_CONTAINER_PER_SECOND, config->container_rate);
	pb_uint(pb, FIELD_LIMITS_CONTAINERS, WIRE_CONTAINERS);
	pb_close(pb, mark);
}

static void put_privileges(struct pb *pb, const struct privileges *left)
{
	uint8_t *mark = pb_open(pb, FIELD_HEADER_PRIVILEGES);

	put_known(pb, FIELD_PRIVILEGES_USER, left->user.name);
	pb_uint(pb, FIELD_PRIVILEGES_UID, left->user.uid);
	if (left->capabilities)
		pb_string(pb, FIELD_PRIVILEGES_CAPABILITIES, privileges_capability(left));
	if (left->landlock)
		pb_uint(pb, FIELD_PRIVILEGES_LANDLOCK, (uint64_t)left->landlock);
	pb_bool(pb, FIELD_PRIVILEGES_SECCOMP_FILTER, left->filtered);
	for (unsigned i = 0; i < left->n_kept; i++)
		put_known(pb, FIELD_PRIVILEGES_KEPT, left->kept[i]);
	pb_close(pb, mark);
}

static void put_notes(struct pb *pb, const struct kernel_config *config, const struct host *host,
		      bool compiled)
{
	char text[128];

	pb_string(pb, FIELD_HEADER_NOTES,
		  "Calls that were under way when the probes were attached or detached may be "
		  "missing; nothing counts them.");
	if (compiled)
		pb_string(pb, FIELD_HEADER_NOTES,
			  "The programs were compiled on this machine, with the kernel's headers.");
	if (!host->machine_id[0])
		pb_string(pb, FIELD_HEADER_NOTES,
			  "The machine id is left out: it is not certain from where this runs.");
	for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++) {
		if (config->probes & 1u << i || probes[i]->on_request)
			continue;
		(void)snprintf(text, sizeof(text), "--probes leaves out %s.", probes[i]->name);
		pb_string(pb, FIELD_HEADER_NOTES, text);
	}
}

int header_write(struct stream *stream, const struct machine *machine, const struct kernel *kernel,
		 const struct header_config *config)
{
	const struct kernel_config *asked = kernel_config(kernel);
	const uint64_t map_bytes = kernel_map_bytes(kernel);
	uint64_t oom_kills;
	unsigned n_cpus;
	uint8_t *mark;
	struct pb pb;
	int r;

	(void)kernel_cpus(kernel, &n_cpus);
	r = stream_begin(stream, HEADER_MAX, &pb);
	if (r < 0)
		return r;
	mark = pb_open(&pb, FIELD_RECORD_HEADER);
	put_identity(&pb, stream, config, &machine->host);
	put_labels(&pb, config);
	if (!machine_oom_kills(machine, &oom_kills))
		pb_uint(&pb, FIELD_HEADER_KERNEL_OOM_KILLS, oom_kills);
	for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++)
		if (asked->probes & 1u << i)
			put_probe(&pb, kernel_probe(kernel, i), probes[i]->name);
	pb_uint(&pb, FIELD_HEADER_CRITICAL_RING_BYTES, asked->critical_ring_bytes);
	pb_uint(&pb, FIELD_HEADER_BULK_RING_BYTES, asked->bulk_ring_bytes);
	if (map_bytes)
		pb_uint(&pb, FIELD_HEADER_MAP_BYTES, map_bytes);
	if (sink_lock(stream->sink))
		pb_bool(&pb, FIELD_HEADER_LOCKED, true);
	pb_uint(&pb, FIELD_HEADER_IDENTITY_VERSION, CONTAINER_IDENTITY_VERSION);
	if (config->failed_starts)
		pb_uint(&pb, FIELD_HEADER_FAILED_STARTS, config->failed_starts);
	put_limits(&pb, asked);
	if (n_cpus) /* 0: nothing is loaded, and nothing was asked of them */
		pb_uint(&pb, FIELD_HEADER_POSSIBLE_CPUS, n_cpus);
	pb_uint(&pb, FIELD_HEADER_PAGE_BYTES, (uint64_t)sysconf(_SC_PAGESIZE));
	pb_uint(&pb, FIELD_HEADER_COUNTERS_INTERVAL_NANO,
		(uint64_t)config->counters_interval * 1000000000u);
	if (machine->privileges)
		put_privileges(&pb, machine->privileges);
	put_notes(&pb, asked, &machine->host, kernel_is_compiled(kernel));
	pb_close(&pb, mark);
	return stream_end(stream, &pb);
}
