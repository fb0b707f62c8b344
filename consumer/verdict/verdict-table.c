/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/verdict/verdict-table.h"

#include <inttypes.h>
#include <stdio.h>

#include "proto/base/count.h"

/* @several: hosts are in the input. */
static void print_findings(const char *word, const struct findings *findings, bool several)
{
	char where[FINDING_WHERE];

	for (unsigned i = 0; i < findings_kept(findings); i++)
		(void)printf("  %-10s%s%s\n", word, findings->texts[i],
			     findings_where(findings, i, several, where));
	if (findings->n > FINDINGS_MAX)
		(void)printf("  %-10sand %s more\n", word, COUNT(findings->n - FINDINGS_MAX));
}

static void print_missed(const struct kind_total *kind)
{
	if (kind->missed_known)
		(void)printf(" %12s\n", COUNT(kind->missed_runs));
	else
		(void)printf(" %12s\n", "not counted");
}

static void print_kinds(const struct verify_report *report)
{
	(void)printf("  %-16s %12s %12s %12s %12s %12s\n", "kind", "written", "limited", "dropped",
		     "lost in sink", "missed runs");
	for (unsigned i = 0; i < report->n_kinds; i++) {
		const struct kind_total *kind = &report->kinds[i];

		(void)printf("  %-16s %12s %12s %12s %12s", *kind->name ? kind->name : "(any)",
			     COUNT(kind->written), COUNT(kind->limited), COUNT(kind->dropped),
			     COUNT(kind->lost_in_sink));
		print_missed(kind);
	}
}

static void print_checksums(const struct verify_report *report)
{
	(void)printf("  %-10s%s of records (%s)", "checksums", COUNT(report->hashes),
		     report->hash_name);
	if (report->frames)
		(void)printf(", %s of %s, %s of indexes", COUNT(report->seals),
			     COUNTED(report->frames, "zstd frame"), COUNT(report->indexed));
	(void)printf(" compared%s\n", report->tables ? "; the seek table fits" : "");
	if (!report->uncovered_records)
		(void)printf("  %-10severy record is covered by one\n", "");
	print_findings("uncovered", &report->uncovered, false);
}

/* "15 in 1 stream, seq 1 to 15, 1,234 bytes: 12 events, 3 about the stream" */
static void print_records(const struct verify_report *report)
{
	char numbers[64] = "", when[FINDING_TIME_TEXT];

	if (report->streams == 1)
		(void)snprintf(numbers, sizeof(numbers), ", seq %" PRIu64 " to %" PRIu64,
			       report->first_seq, report->latest_seq);
	(void)printf("  %-10s%s in %s%s, %s: %s, %s about the stream%s\n", "records",
		     COUNT(report->records), COUNTED(report->streams, "stream"), numbers,
		     COUNTED(report->bytes, "byte"), COUNTED(report->events, "event"),
		     COUNT(report->records - report->events), report->streams == 1 ? "" : "s");
	if (report->orphans)
		(void)printf("  %-10s%s of no host that is known\n", "", COUNT(report->orphans));
	if (report->span.from)
		(void)printf("  %-10s%s\n", "time", finding_time_text(&report->span, when) + 2);
}

void verdict_table(const struct verify_report *report)
{
	const bool several = report->hosts.n > 1;

	print_records(report);
	if (report->hash_name)
		print_checksums(report);
	print_findings("problem", &report->problems, several);
	print_findings("loss", &report->losses, several);
	print_findings("doubt", &report->doubts, several);
	print_findings("note", &report->notes, several);
	if (report->n_kinds && !report->excerpt) /* of which nothing is counted but what is lost */
		print_kinds(report);
}
