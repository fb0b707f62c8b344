/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/verify/verify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "proto/base/count.h"

#define LISTED_MAX 4 /* findings of one sort in the line */

_printf_(2, 3) static void append_text(char buf[VERIFY_SUMMARY], const char *format, ...)
{
	size_t n = strlen(buf);
	va_list args;

	va_start(args, format);
	(void)vsnprintf(buf + n, VERIFY_SUMMARY - n, format, args);
	va_end(args);
}

/* @where: with host, if there are @several, and time. */
static void append_all(char buf[VERIFY_SUMMARY], const struct findings *findings,
		       const char *before, bool where, bool several)
{
	char text[FINDING_WHERE];

	for (unsigned i = 0; i < findings_kept(findings) && i < LISTED_MAX; i++)
		append_text(buf, "%s%s%s", i ? "; " : before, findings->texts[i],
			    where ? findings_where(findings, i, several, text) : "");
	if (findings->n > LISTED_MAX)
		append_text(buf, "; and %s more (-v)", COUNT(findings->n - LISTED_MAX));
}

static void append_damage(char buf[VERIFY_SUMMARY], const struct verify_report *report)
{
	const struct findings *problems = &report->problems;
	const char *first = problems->texts[0];
	bool says_it = !strncmp(first, "cut ", 4) || !strncmp(first, "ended ", 6) ||
		       !strncmp(first, "damaged", 7) || report->status == VERIFY_FOREIGN;

	append_text(buf, "%s%s",
		    report->status == VERIFY_UNCLOSED ? "unclosed: "
		    : says_it                         ? ""
						      : "damaged: ",
		    first);
	if (problems->n > 1)
		append_text(buf, " (and %s more, see -v)", COUNT(problems->n - 1));
}

/* "seq 1 to 800 for --kind oom, 801 to 2,000 for all records" */
static void append_stretches(char buf[VERIFY_SUMMARY], const struct verify_report *report)
{
	const unsigned n = min_u64(report->n_stretches, LISTED_MAX);

	for (unsigned i = 0; i < n; i++) {
		const struct verify_stretch *stretch = &report->stretches[i];

		append_text(buf, "%s%" PRIu64 " to %" PRIu64 " for %s", i ? ", " : "seq ",
			    stretch->first, stretch->last,
			    *stretch->choice ? stretch->choice : "all records");
	}
	if (n < report->n_stretches)
		append_text(buf, ", and %s more", COUNTED(report->n_stretches - n, "stretch"));
}

/* What different options chose is there, each from where to where. */
static void append_changing(char buf[VERIFY_SUMMARY], const struct verify_report *report)
{
	append_text(buf, "%s%scomplete%s: ", report->in_progress ? "in progress, " : "",
		    report->losses.n ? "not " : "",
		    report->in_progress && !report->losses.n ? " so far" : "");
	append_stretches(buf, report);
	append_text(buf, ": %s in %s", COUNTED(report->events, "event"),
		    COUNTED(report->records, "record"));
}

/* The chosen one is there, up to where it is. */
static void append_checked(char buf[VERIFY_SUMMARY], const struct verify_report *report)
{
	char choices[EXCERPT_CHOICES_TEXT];
	const char *text = excerpt_choices_text(&report->choices, choices);

	if (verify_has_stretches(report)) {
		append_changing(buf, report);
		return;
	}
	append_text(buf, "%s%scomplete for this filter%s (%s): %s in %s",
		    report->in_progress ? "in progress, " : "", report->losses.n ? "not " : "",
		    report->in_progress && !report->losses.n ? " so far" : "",
		    *text ? text : "all records", COUNTED(report->events, "event"),
		    COUNTED(report->records, "record"));
}

static void append_excerpt(char buf[VERIFY_SUMMARY], const struct verify_report *report)
{
	char choices[EXCERPT_CHOICES_TEXT];

	append_text(buf,
		    "%san excerpt (%s): %s in %s, readable; what it leaves out, and so whether it "
		    "is whole, is not known here",
		    report->in_progress ? "in progress, " : "",
		    excerpt_choices_text(&report->choices, choices),
		    COUNTED(report->events, "event"), COUNTED(report->records, "record"));
}

void verify_summary(const struct verify_report *report, bool timed, char buf[VERIFY_SUMMARY])
{
	const char *whole = report->in_progress ? "in progress, whole so far" : "whole";
	const bool damaged = report->problems.n, renewed = report->repaired && !report->excerpt;
	const char *but = damaged || report->checked ? "; " : renewed ? ": " : ", but ";
	bool is_plain = !report->problems.n && !report->losses.n && !report->excerpt;

	buf[0] = '\0';
	if (report->problems.n)
		append_damage(buf, report);
	else if (report->excerpt && report->checked)
		append_checked(buf, report);
	else if (report->excerpt)
		append_excerpt(buf, report);
	else if (report->losses.n)
		append_text(buf, "%s", report->repaired ? "repaired" : whole);
	else if (report->in_progress)
		append_text(buf, "%s", whole);
	else
		append_text(buf, "complete");
	if (report->status == VERIFY_FOREIGN)
		return;
	if (report->excerpt && report->problems.n)
		append_text(buf, "; it has an excerpt (%s)", report->choices.texts[0]);
	append_all(buf, &report->losses, but, timed, report->hosts.n > 1);
	append_all(buf, &report->doubts,
		   is_plain && !report->in_progress ? " as far as this kernel can tell: " : "; ",
		   false, false);
	if (report->limited)
		append_text(buf, "; %s limited", COUNTED(report->limited, "event"));
	append_all(buf, &report->notes, "; ", false, false);
}

void verify_uncovered(const struct verify_report *report, char buf[VERIFY_SUMMARY])
{
	uint64_t n = report->uncovered_records, bytes = report->uncovered_bytes;

	buf[0] = '\0';
	if (!n)
		return;
	append_text(buf, "no checksum covers ");
	if (report->excerpt && n == report->records)
		append_text(buf, "any of its %s", COUNTED(n, "record"));
	else if (!report->uncovered_tail)
		append_text(buf, "%s of its records (%s, see -v)", COUNT(n),
			    COUNTED(bytes, "byte"));
	else if (n == 1)
		append_text(buf, "the last record (%s)", COUNTED(bytes, "byte"));
	else
		append_text(buf, "the last %s (%s)", COUNTED(n, "record"), COUNTED(bytes, "byte"));
}
