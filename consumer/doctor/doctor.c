/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/doctor/doctor.h"

#include <string.h>

#include "consumer/base/text-line.h"
#include "consumer/kinds/kernel-kills.h"
#include "consumer/kinds/kind.h"
#include "consumer/read/body.h"
#include "proto/base/util.h"

static void put_machine(struct columns *columns, const Ringside__V1__Header *header)
{
	struct line *line = columns_begin_row(columns, "machine");
	uint64_t kills;

	line_text(line, text_has(header->host_name) ? header->host_name : "?");
	line_text(line, ", Linux ");
	line_text(line, text_has(header->kernel_release) ? header->kernel_release : "?");
	line_text(line, " ");
	line_text(line, text_has(header->architecture) ? header->architecture : "?");
	if (header->has_possible_cpus) {
		line_text(line, ", ");
		line_count(line, header->possible_cpus);
		line_text(line, header->possible_cpus == 1 ? " CPU" : " CPUs");
	}
	if (text_has(header->streamer_version)) {
		line_text(line, ", ringside ");
		line_text(line, header->streamer_version);
	}
	columns_end_row(columns);
	if (!kernel_kills_read(&header->base, &kills))
		return;
	line = columns_begin_row(columns, kind_find(KERNEL_KILLS_KIND)->words);
	line_count(line, kills);
	line_text(line, " since boot, the kernel says");
	columns_end_row(columns);
}

static void put_rate(struct line *line, const Ringside__V1__Limits *limits)
{
	if (limits->per_second) {
		line_count(line, limits->burst);
		line_text(line, " at once, then ");
		line_count(line, limits->per_second);
		line_text(line, " a second of each container, system call, action and errno");
	}
	if (limits->container_per_second) {
		line_text(line, limits->per_second ? "; " : "");
		line_count(line, limits->container_per_second);
		line_text(line, " a second of each container");
	}
	if (!limits->per_second && !limits->container_per_second)
		line_text(line, "none");
}

/* What the streamer has left once it is attached; and what could not be given up. */
static void put_privileges(struct columns *columns, const Ringside__V1__Privileges *left)
{
	struct line *line = columns_begin_row(columns, "it runs");

	line_text(line, "as user ");
	line_text(line, text_has(left->user) ? left->user : "?");
	if (left->has_uid && (!text_has(left->user) || left->uid)) {
		line_text(line, " (");
		line_int(line, left->uid);
		line_text(line, ")");
	}
	line_text(line, left->n_capabilities ? ", with " : ", without capabilities");
	for (size_t i = 0; i < left->n_capabilities; i++) {
		line_text(line, i ? ", " : "");
		line_text(line, left->capabilities[i]);
	}
	line_text(line, left->has_landlock ? ", in Landlock" : "");
	line_text(line, left->seccomp_filter ? ", behind a seccomp filter of its own" : "");
	line_text(line, ", once attached");
	columns_end_row(columns);
	for (size_t i = 0; i < left->n_kept; i++)
		columns_row(columns, "", left->kept[i]);
}

static void put_resources(struct columns *columns, const Ringside__V1__Header *header)
{
	struct line *line;

	columns_end_row(columns);
	if (header->has_critical_ring_bytes && header->has_bulk_ring_bytes) {
		line = columns_begin_row(columns, "rings");
		line_count(line, header->critical_ring_bytes);
		line_text(line, " bytes for OOM kills, ");
		line_count(line, header->bulk_ring_bytes);
		line_text(line, " bytes for all else (--ring-size)");
		columns_end_row(columns);
	}
	if (header->has_map_bytes) {
		line = columns_begin_row(columns, "maps");
		line_count(line, header->map_bytes);
		line_text(line, " bytes for counters, limits and names");
		columns_end_row(columns);
	}
	if (header->limits) {
		put_rate(columns_begin_row(columns, "limits"), header->limits);
		columns_end_row(columns);
	}
	if (header->limits && header->limits->has_containers) {
		line = columns_begin_row(columns, "shares");
		line_count(line, header->limits->containers);
		line_text(line, " containers find rows of their own, whatever one of them does; "
				"what is beyond is summed up, exactly");
		columns_end_row(columns);
	}
	if (header->privileges)
		put_privileges(columns, header->privileges);
}

static void put_base(struct columns *columns, const struct syscall_cost_sample *before)
{
	struct line *line;

	if (!before->known)
		return;
	line = columns_begin_row(columns, "measured");
	line_change(line, before->of[SYSCALL_COST_PLAIN].median);
	line_text(line, " ns a call, ");
	line_change(line, before->of[SYSCALL_COST_ALLOWED].median);
	line_text(line, " ns with a filter, ");
	line_change(line, before->of[SYSCALL_COST_DENIED].median);
	line_text(line, " ns denied, without our hooks, now; ± is the noise");
	columns_end_row(columns);
}

/* What the probe shows, in words. */
static const char *sight_of(const Ringside__V1__Probe *probe)
{
	const struct kind *kind = kind_find(probe->kind);

	if (kind)
		return kind->words;
	return text_has(probe->kind) ? probe->kind : "?";
}

static void put_result(struct columns *columns, const char *name, const Ringside__V1__Probe *probe)
{
	const bool seen = diagnosis_is_attached(probe);
	struct line *line = &columns->line;

	columns_cell(columns, name, COLUMNS_NAME, NULL);
	columns_cell(columns, sight_of(probe), COLUMNS_NAME + 1, NULL);
	line_text(line, !columns->color ? "" : seen ? COLUMNS_GREEN : COLUMNS_RED);
	line_text(line, seen ? "seen, by " : "NOT SEEN");
	line_text(line, seen ? body_tier((int)probe->tier) : "");
	line_text(line, columns->color ? COLUMNS_PLAIN : "");
	columns_end_row(columns);
}

void doctor_report(struct writer *writer, const struct diagnosis *diagnosis, bool color)
{
	struct columns columns;
	struct remedy remedy;

	columns_init(&columns, writer, color);
	put_machine(&columns, diagnosis->header);
	doctor_table(&columns, diagnosis);
	put_resources(&columns, diagnosis->header);
	put_base(&columns, &diagnosis->before);
	columns_end_row(&columns);
	for (size_t i = 0; i < diagnosis->header->n_probes; i++)
		put_result(&columns, i ? "" : "result", diagnosis->header->probes[i]);
	if (!diagnosis->header->n_probes)
		columns_row(&columns, "result", "NOT SEEN: anything, the streamer names no probe");
	diagnosis_remedy(diagnosis, &remedy);
	columns_row(&columns, "to do", remedy.command[0] ? remedy.command : remedy.text);
	if (remedy.command[0])
		columns_row(&columns, "", remedy.text);
}
