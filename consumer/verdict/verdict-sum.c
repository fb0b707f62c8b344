/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/verdict/verdict-sum.h"

#include "consumer/base/text-line.h"
#include "proto/base/count.h"
#include "proto/base/util.h"

/* Of several inputs, the worst: not a recording, damaged, unclosed, with losses, an excerpt,
 * complete. */
void verdict_sum_worsen(struct verdict_sum *sum, int status)
{
	static const int order[] = {VERIFY_FOREIGN, VERIFY_DAMAGED,  VERIFY_UNCLOSED, VERIFY_LOSSES,
				    VERIFY_EXCERPT, VERIFY_FILTERED, VERIFY_COMPLETE};

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		if (sum->status == order[i] || status == order[i]) {
			sum->status = order[i];
			return;
		}
	}
}

/* Whose is what is wrong with the input at hand, and between it and the one before. */
static void note_hosts(struct verdict_sum *sum, const struct verify *verify)
{
	const struct verify_report *found = &verify->report;
	const struct verify_joint *joint = &verify->joint;

	for (unsigned i = 0; i < found->hosts.n; i++)
		named_hosts_add(&sum->hosts, found->hosts.names[i]);
	findings_add_hosts(&found->problems,
			   found->status == VERIFY_UNCLOSED ? &sum->unclosed : &sum->damaged);
	findings_add_hosts(&joint->problems, &sum->damaged);
	findings_add_hosts(&found->losses, &sum->lossy);
	findings_add_hosts(&joint->losses, &sum->lossy);
	for (unsigned i = 0; i < EXCERPT_FLAW_WORDS; i++)
		for (unsigned n = 0; n < found->flaws.hosts[i].n; n++)
			named_hosts_add(&sum->lossy, found->flaws.hosts[i].names[n]);
}

void verdict_sum_add(struct verdict_sum *sum, const struct verify *verify, bool copy)
{
	const struct verify_report *found = &verify->report;

	verdict_sum_worsen(sum, (int)found->status);
	sum->foreign |= found->status == VERIFY_FOREIGN;
	sum->broken |= found->status == VERIFY_DAMAGED || verify->joint.problems.n;
	sum->cut |= found->status == VERIFY_UNCLOSED;
	sum->doubtful |= found->doubts.n != 0;
	note_hosts(sum, verify);
	if (copy)
		return;
	sum->files++;
	sum->records += found->records - found->repeated;
	sum->events += found->events - found->repeated_events;
	*(found->excerpt ? &sum->excerpts_lost : &sum->lost) += found->lost;
	sum->recordings |= !found->excerpt;
	sum->lost_more |= found->lost_more || found->status == VERIFY_DAMAGED ||
			  found->status == VERIFY_UNCLOSED;
}

void verdict_sum_end(struct verdict_sum *sum)
{
	sum->lost_more |= sum->recordings && sum->excerpts_lost > sum->lost;
	sum->lost = sum->recordings ? sum->lost : sum->excerpts_lost;
}

/* "damaged (web-1), unclosed (mail-3)": where there are several hosts, whose. */
static void put_verdict(struct line *line, const struct verdict_sum *sum)
{
	static const char *const words[] = {
		[VERIFY_COMPLETE] = "complete",
		[VERIFY_FOREIGN] = "not all are recordings",
		[VERIFY_DAMAGED] = "damaged",
		[VERIFY_UNCLOSED] = "unclosed",
		[VERIFY_LOSSES] = "whole, but with losses",
		[VERIFY_EXCERPT] = "readable, but excerpts are among them",
		[VERIFY_FILTERED] = "complete for their filters",
	};
	const int status = sum->status;
	const bool several = sum->hosts.n > 1;

	line_text(line, status == VERIFY_FOREIGN && !sum->foreign ? "not all could be read"
								  : words[status]);
	if (status == VERIFY_COMPLETE && sum->doubtful)
		line_text(line, " as far as these kernels can tell");
	if (status != VERIFY_DAMAGED && sum->broken)
		line_text(line, ", damaged");
	if (several)
		named_hosts_put(&sum->damaged, line);
	if (several && status == VERIFY_LOSSES && !sum->lost)
		named_hosts_put(&sum->lossy, line);
	if (status != VERIFY_UNCLOSED && sum->cut)
		line_text(line, ", unclosed");
	if (several)
		named_hosts_put(&sum->unclosed, line);
}

/* Of what is damaged, or was, nobody knows all. */
static void put_lost(struct line *line, const struct verdict_sum *sum)
{
	if (sum->lost) {
		line_text(line, sum->lost_more ? "; at least " : "; ");
		line_count(line, sum->lost);
		line_text(line, " lost");
		if (sum->hosts.n > 1)
			named_hosts_put(&sum->lossy, line);
	} else if (sum->lost_more) {
		line_text(line, "; how many are lost is not known");
	}
}

void verdict_sum_text(const struct verdict_sum *sum, char buf[VERDICT_SUM_TEXT])
{
	struct line line = line_make(buf, VERDICT_SUM_TEXT);

	line_text(&line, "in all ");
	line_counted(&line, sum->files, "file");
	if (sum->copies) {
		line_text(&line, " and ");
		line_text(&line, sum->copies == 1 ? "1 copy" : COUNTED(sum->copies, "copie"));
	}
	line_text(&line, ", ");
	line_counted(&line, sum->records, "record");
	line_text(&line, ": ");
	put_verdict(&line, sum);
	put_lost(&line, sum);
	(void)line_end(&line);
}
