/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/doctor/doctor-internal.h"

#include <string.h>

#include "consumer/base/columns.h"
#include "consumer/base/text-line.h"
#include "consumer/kinds/kernel-kills.h"
#include "consumer/kinds/kind.h"
#include "proto/base/util.h"

#define TEXT_SIZE 2048

/* A name in the first column and a text behind it. */
static void put_row(const struct doctor_page *report, const char *name, const char *text)
{
	columns_row(report->writer, name, DOCTOR_NAME, text);
}

static void put_machine(const struct doctor_page *report, const Ringside__V1__Header *header)
{
	char buf[TEXT_SIZE];
	struct line line = line_make(buf, sizeof(buf));
	uint64_t kills;

	line_text(&line, text_has(header->host_name) ? header->host_name : "?");
	line_text(&line, ", Linux ");
	line_text(&line, text_has(header->kernel_release) ? header->kernel_release : "?");
	line_text(&line, " ");
	line_text(&line, text_has(header->architecture) ? header->architecture : "?");
	if (header->has_possible_cpus) {
		line_text(&line, ", ");
		line_count(&line, header->possible_cpus);
		line_text(&line, header->possible_cpus == 1 ? " CPU" : " CPUs");
	}
	if (text_has(header->streamer_version)) {
		line_text(&line, ", ringside ");
		line_text(&line, header->streamer_version);
	}
	(void)line_end(&line);
	put_row(report, "machine", buf);
	if (!kernel_kills_read(&header->base, &kills))
		return;
	line = line_make(buf, sizeof(buf));
	line_count(&line, kills);
	line_text(&line, " since boot, the kernel says");
	(void)line_end(&line);
	put_row(report, kind_find(KERNEL_KILLS_KIND)->words, buf);
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
static void put_privileges(const struct doctor_page *report, const Ringside__V1__Privileges *left)
{
	char buf[TEXT_SIZE];
	struct line line = line_make(buf, sizeof(buf));

	line_text(&line, "as user ");
	line_text(&line, text_has(left->user) ? left->user : "?");
	if (left->has_uid && (!text_has(left->user) || left->uid)) {
		line_text(&line, " (");
		line_int(&line, left->uid);
		line_text(&line, ")");
	}
	line_text(&line, left->n_capabilities ? ", with " : ", without capabilities");
	for (size_t i = 0; i < left->n_capabilities; i++) {
		line_text(&line, i ? ", " : "");
		line_text(&line, left->capabilities[i]);
	}
	line_text(&line, left->has_landlock ? ", in Landlock" : "");
	line_text(&line, left->seccomp_filter ? ", behind a seccomp filter of its own" : "");
	line_text(&line, ", once attached");
	(void)line_end(&line);
	put_row(report, "it runs", buf);
	for (size_t i = 0; i < left->n_kept; i++)
		put_row(report, "", left->kept[i]);
}

static void put_resources(const struct doctor_page *report, const Ringside__V1__Header *header)
{
	char buf[TEXT_SIZE];
	struct line line = line_make(buf, sizeof(buf));

	writer_string(report->writer, "\n");
	if (header->has_critical_ring_bytes && header->has_bulk_ring_bytes) {
		line_count(&line, header->critical_ring_bytes);
		line_text(&line, " bytes for OOM kills, ");
		line_count(&line, header->bulk_ring_bytes);
		line_text(&line, " bytes for all else (--ring-size)");
		(void)line_end(&line);
		put_row(report, "rings", buf);
	}
	if (header->has_map_bytes) {
		line = line_make(buf, sizeof(buf));
		line_count(&line, header->map_bytes);
		line_text(&line, " bytes for counters, limits and names");
		(void)line_end(&line);
		put_row(report, "maps", buf);
	}
	if (header->limits) {
		line = line_make(buf, sizeof(buf));
		put_rate(&line, header->limits);
		(void)line_end(&line);
		put_row(report, "limits", buf);
	}
	if (header->limits && header->limits->has_containers) {
		line = line_make(buf, sizeof(buf));
		line_count(&line, header->limits->containers);
		line_text(&line, " containers find rows of their own, whatever one of them does; "
				 "what is beyond is summed up, exactly");
		(void)line_end(&line);
		put_row(report, "shares", buf);
	}
	if (header->privileges)
		put_privileges(report, header->privileges);
}

static void put_base(const struct doctor_page *report)
{
	const struct syscall_cost_sample *before = &report->diagnosis->before;
	char buf[TEXT_SIZE];
	struct line line = line_make(buf, sizeof(buf));

	if (!before->known)
		return;
	line_int(&line, before->of[SYSCALL_COST_PLAIN].median);
	line_text(&line, " ns a call, ");
	line_int(&line, before->of[SYSCALL_COST_ALLOWED].median);
	line_text(&line, " ns with a filter, ");
	line_int(&line, before->of[SYSCALL_COST_DENIED].median);
	line_text(&line, " ns denied, without our hooks, now; ± is the noise");
	(void)line_end(&line);
	put_row(report, "measured", buf);
}

/* What the probe shows, in words. */
static const char *sight_of(const Ringside__V1__Probe *probe)
{
	const struct kind *kind = kind_find(probe->kind);

	if (kind)
		return kind->words;
	return text_has(probe->kind) ? probe->kind : "?";
}

static void put_result(const struct doctor_page *report, const char *name,
		       const Ringside__V1__Probe *probe)
{
	const bool seen = diagnosis_is_attached(probe);
	char first[256];
	struct line line = line_make(first, sizeof(first));

	columns_cell(&line, name, DOCTOR_NAME, NULL);
	columns_cell(&line, sight_of(probe), DOCTOR_NAME + 1, NULL);
	line_text(&line, !report->color ? "" : seen ? COLUMNS_GREEN : COLUMNS_RED);
	line_text(&line, seen ? "seen, by " : "NOT SEEN");
	line_text(&line, seen ? diagnosis_tier((int)probe->tier) : "");
	line_text(&line, report->color ? COLUMNS_PLAIN : "");
	line_text(&line, "\n");
	(void)line_end(&line);
	writer_string(report->writer, first);
}

void doctor_report(struct writer *writer, const struct diagnosis *diagnosis, bool color)
{
	const struct doctor_page report = {.writer = writer,
					   .diagnosis = diagnosis,
					   .color = color};
	struct remedy remedy;

	put_machine(&report, diagnosis->header);
	doctor_table(&report);
	doctor_blind_spots(&report);
	put_resources(&report, diagnosis->header);
	put_base(&report);
	writer_string(writer, "\n");
	for (size_t i = 0; i < diagnosis->header->n_probes; i++)
		put_result(&report, i ? "" : "result", diagnosis->header->probes[i]);
	if (!diagnosis->header->n_probes)
		put_row(&report, "result", "NOT SEEN: anything, the streamer names no probe");
	diagnosis_remedy(diagnosis, &remedy);
	put_row(&report, "to do", remedy.command[0] ? remedy.command : remedy.text);
	if (remedy.command[0])
		put_row(&report, "", remedy.text);
}
