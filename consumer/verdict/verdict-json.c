/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/verdict/verdict-json.h"

#include "consumer/base/json-page.h"

const char *verdict_json_verdict(int status)
{
	switch (status) {
	case VERIFY_COMPLETE:
		return "complete";
	case VERIFY_LOSSES:
		return "losses";
	case VERIFY_DAMAGED:
		return "damaged";
	case VERIFY_UNCLOSED:
		return "unclosed";
	case VERIFY_EXCERPT:
		return "excerpt";
	case VERIFY_FILTERED:
		return "complete_for_filter";
	default:
		return "foreign";
	}
}

static const char *verdict_of(const struct verify_report *report)
{
	return report->status == VERIFY_FILTERED && verify_has_stretches(report)
		       ? "complete_for_filters"
		       : verdict_json_verdict((int)report->status);
}

/* What its parts were chosen by. */
static void add_choices(struct json_page *page, const struct verify_report *report)
{
	if (!verify_has_stretches(report)) {
		excerpt_choices_json(&report->choices, page);
		return;
	}
	json_begin_list(page, "stretches");
	for (unsigned i = 0; i < min_u64(report->n_stretches, VERIFY_STRETCHES); i++) {
		const struct verify_stretch *stretch = &report->stretches[i];

		json_begin_object(page, NULL);
		json_add_uint(page, "first_seq", stretch->first);
		json_add_uint(page, "last_seq", stretch->last);
		json_add_known_text(page, "excerpt", stretch->choice);
		json_end_object(page);
	}
	json_end_list(page);
	if (report->n_stretches > VERIFY_STRETCHES)
		json_add_uint(page, "stretches_left_out", report->n_stretches - VERIFY_STRETCHES);
}

static void add_verdict(struct json_page *page, int status)
{
	json_add_text(page, "verdict", verdict_json_verdict(status));
	json_add_uint(page, "exit_status", (uint64_t)verify_exit_status(status));
}

/* Only the first ones are kept. */
static void add_findings(struct json_page *page, const char *name, const struct findings *findings)
{
	json_begin_list(page, name);
	for (unsigned i = 0; i < findings_kept(findings); i++)
		json_add_text(page, NULL, findings->texts[i]);
	json_end_list(page);
}

static void add_details_of(struct json_page *page, const char *sort,
			   const struct findings *findings)
{
	for (unsigned i = 0; i < findings_kept(findings); i++) {
		const struct finding_time *when = &findings->times[i];

		json_begin_object(page, NULL);
		json_add_text(page, "sort", sort);
		json_add_text(page, "message", findings->texts[i]);
		json_add_known_text(page, "host", findings->hosts[i]);
		if (when->from)
			json_add_time(page, "from", when->from);
		if (when->until)
			json_add_time(page, "to", when->until);
		json_end_object(page);
	}
}

/* The sentences once more, with what is known of them besides. */
static void add_details(struct json_page *page, const struct verify_report *report)
{
	json_begin_list(page, "findings");
	add_details_of(page, "problem", &report->problems);
	add_details_of(page, "loss", &report->losses);
	add_details_of(page, "doubt", &report->doubts);
	add_details_of(page, "note", &report->notes);
	json_end_list(page);
}

static void add_left_out(struct json_page *page, const struct verify_report *report)
{
	const struct findings *all[] = {&report->problems, &report->losses, &report->doubts,
					&report->notes, &report->uncovered};
	uint64_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		n += all[i]->n - findings_kept(all[i]);
	json_add_known_uint(page, "findings_left_out", n, n);
}

static void add_lost(struct json_page *page, const struct kind_total *kind)
{
	json_begin_object(page, "lost");
	for (unsigned i = 0; i < LOST_REASONS; i++)
		json_add_known_uint(page, lost_reasons[i].word, kind->lost[i].count,
				    kind->lost[i].count);
	json_end_object(page);
	json_begin_list(page, "lost_unknown");
	for (unsigned i = 0; i < LOST_REASONS; i++)
		if (kind->lost[i].unknown)
			json_add_text(page, NULL, lost_reasons[i].word);
	json_end_list(page);
}

/* Of an excerpt nothing is counted but what is lost. */
static void add_kind(struct json_page *page, const struct kind_total *kind, bool excerpt)
{
	json_begin_object(page, NULL);
	json_add_text(page, "kind", *kind->name ? kind->name : "any");
	json_add_known_uint(page, "written", !excerpt, kind->written);
	json_add_known_uint(page, "limited", !excerpt, kind->limited);
	json_add_known_uint(page, "missed_runs", kind->missed_known, kind->missed_runs);
	add_lost(page, kind);
	json_end_object(page);
}

static void add_sums(struct json_page *page, const struct verify_report *report)
{
	json_add_uint(page, "streams", report->streams);
	json_add_uint(page, "records", report->records);
	json_add_uint(page, "events", report->events);
	json_add_known_uint(page, "records_of_unknown_host", report->orphans, report->orphans);
	json_add_uint(page, "bytes", report->bytes);
	json_add_known_uint(page, "first_seq", report->streams == 1, report->first_seq);
	json_add_known_uint(page, "last_seq", report->streams == 1, report->latest_seq);
	json_add_uint(page, "limited", report->limited);
	json_add_uint(page, "uncovered_records", report->uncovered_records);
	json_add_uint(page, "uncovered_bytes", report->uncovered_bytes);
	json_begin_list(page, "kinds");
	for (unsigned i = 0; i < report->n_kinds; i++)
		add_kind(page, &report->kinds[i], report->excerpt);
	json_end_list(page);
}

static void add_joint(struct json_page *page, const struct verify_joint *joint)
{
	if (!joint->problems.n && !joint->losses.n && !joint->notes.n)
		return;
	json_begin_object(page, "before");
	add_findings(page, "problems", &joint->problems);
	add_findings(page, "losses", &joint->losses);
	add_findings(page, "notes", &joint->notes);
	json_end_object(page);
}

void verdict_json_input(struct writer *writer, const char *input, const struct verify *verify,
			bool copy)
{
	const struct verify_report *report = &verify->report;
	struct json_page page = json_begin_page(writer);
	char summary[VERIFY_SUMMARY];

	verify_summary(report, false, summary);
	json_add_text(&page, "input", input);
	json_add_text(&page, "verdict", verdict_of(report));
	json_add_uint(&page, "exit_status", (uint64_t)verify_exit_status((int)report->status));
	json_add_text(&page, "message", summary);
	json_add_bool(&page, "copy", copy);
	json_add_bool(&page, "in_progress", report->in_progress);
	json_add_bool(&page, "repaired", report->repaired);
	add_choices(&page, report);
	named_hosts_json(&report->hosts, &page, "hosts");
	add_findings(&page, "problems", &report->problems);
	add_findings(&page, "losses", &report->losses);
	add_findings(&page, "doubts", &report->doubts);
	add_findings(&page, "notes", &report->notes);
	add_findings(&page, "uncovered", &report->uncovered);
	add_details(&page, report);
	add_left_out(&page, report);
	add_joint(&page, &verify->joint);
	if (report->status != VERIFY_FOREIGN)
		add_sums(&page, report);
	json_end_page(&page);
}

void verdict_json_failed(struct writer *writer, const char *input, const char *why)
{
	struct json_page page = json_begin_page(writer);

	json_add_text(&page, "input", input);
	add_verdict(&page, VERIFY_FOREIGN);
	json_add_text(&page, "message", why);
	json_end_page(&page);
}

void verdict_json_copy(struct writer *writer, const char *input, const char *why)
{
	struct json_page page = json_begin_page(writer);

	json_add_text(&page, "input", input);
	add_verdict(&page, VERIFY_COMPLETE);
	json_add_text(&page, "message", why);
	json_add_bool(&page, "copy", true);
	json_end_page(&page);
}

void verdict_json_missing(struct writer *writer, const char *input, uint32_t missing, bool so_far)
{
	struct json_page page = json_begin_page(writer);

	json_add_text(&page, "before_input", input);
	add_verdict(&page, so_far ? VERIFY_COMPLETE : VERIFY_LOSSES);
	json_add_text(&page, "message",
		      "files of its stream are missing, and no record says that they were deleted");
	json_add_uint(&page, "missing_files", missing);
	json_add_bool(&page, "so_far", so_far);
	json_end_page(&page);
}

void verdict_json_sum(struct writer *writer, const struct verdict_sum *sum, uint64_t headless,
		      const char *sides)
{
	struct json_page page = json_begin_page(writer);

	json_add_uint(&page, "inputs", sum->files);
	add_verdict(&page, sum->status);
	json_add_uint(&page, "records", sum->records);
	json_add_uint(&page, "events", sum->events);
	json_add_uint(&page, "lost", sum->lost);
	json_add_bool(&page, "lost_more", sum->lost_more);
	named_hosts_json(&sum->damaged, &page, "damaged_hosts");
	named_hosts_json(&sum->unclosed, &page, "unclosed_hosts");
	named_hosts_json(&sum->lossy, &page, "lossy_hosts");
	json_add_known_uint(&page, "copies", sum->copies, sum->copies);
	json_add_known_text(&page, "side_streams", sides);
	json_add_known_uint(&page, "headless_inputs", headless, headless);
	json_end_page(&page);
}
