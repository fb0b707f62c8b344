/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/repair/repair.h"

#include <string.h>

#include "consumer/base/text-line.h"
#include "consumer/files/being-written.h"
#include "consumer/files/path-problem.h"
#include "consumer/verify/verify.h"
#include "proto/base/util.h"

struct job {
	const char *in, *out;
	const struct repair_config *config;
	char *error;
};

static int fail_job(struct job *job, const char *path, int r, const char *text)
{
	char safe[LINE_FILE];

	(void)snprintf(job->error, REPAIR_ERROR_SIZE, "%s: %s", line_file(path, safe), text);
	return r;
}

static int fail_errno(struct job *job, const char *path, int r)
{
	return fail_job(job, path, r, strerror(-r));
}

static int open_input(struct job *job, const char *path, struct damaged_reader **ret)
{
	char why[PATH_PROBLEM];
	int r = damaged_reader_open(ret, path);

	if (r)
		return fail_job(job, path, r, path_problem(path, r, why));
	if (job->config->begin)
		job->config->begin(job->config->data, path, *ret);
	return 0;
}

static int find_doubts(struct job *job, bool strict, struct suspects *ret, bool *ret_compressed)
{
	_cleanup_(damaged_reader_freep) struct damaged_reader *damaged = NULL;
	int r = open_input(job, job->in, &damaged);

	if (r)
		return r;
	if (lseek(damaged_reader_fd(damaged), 0, SEEK_CUR) < 0)
		return fail_job(job, job->in, -ESPIPE, "is a pipe: it is read twice, name a file");
	if (being_written_check(damaged_reader_fd(damaged)) == 1)
		return fail_job(job, job->in, -EBUSY,
				"is being written: when that has ended, it will be whole or can be "
				"repaired");
	r = suspects_find(ret, damaged, strict);
	if (r == READER_FOREIGN)
		return fail_job(job, job->in, -EINVAL, damaged_reader_reason(damaged));
	*ret_compressed = damaged_reader_is_compressed(damaged);
	return r ? fail_errno(job, job->in, r) : 0;
}

static void take_hole(struct rewrite *rewrite, const struct damaged_reader_hole *hole)
{
	if (hole->damage && hole->damage->indexed)
		rewrite_hole(rewrite, &hole->damage->index);
}

/* Copies what is not in doubt. Returns 0 or -errno. */
static int copy_records(struct job *job, struct damaged_reader *damaged, struct suspects *suspects,
			struct rewrite *rewrite)
{
	struct reader_record item;
	uint64_t n = 0;
	int r;

	for (;;) {
		r = damaged_reader_next(damaged, &item);
		if (r == DAMAGED_READER_HOLE)
			take_hole(rewrite, damaged_reader_hole(damaged));
		if (r && r != READER_MARK && r != READER_END)
			rewrite_damaged(rewrite);
		if (r == READER_MARK || r == READER_DAMAGED || r == DAMAGED_READER_HOLE)
			continue;
		if (r)
			return r < 0 ? r : 0;
		if (suspects_about(suspects, n))
			rewrite_damaged(rewrite);
		else
			r = rewrite_put(rewrite, &item);
		if (r)
			return r;
		n++;
	}
}

static int write_out(struct job *job, struct suspects *suspects, bool compressed,
		     struct rewrite_report *ret)
{
	_cleanup_(damaged_reader_freep) struct damaged_reader *damaged = NULL;
	_cleanup_(recording_out_freep) struct recording_out *out = NULL;
	_cleanup_(rewrite_freep) struct rewrite *rewrite = NULL;
	int r = open_input(job, job->in, &damaged);

	if (r)
		return r;
	r = recording_out_new(&out, job->out, compressed);
	if (r == -EEXIST)
		return fail_job(job, job->out, r,
				"exists, and is not overwritten: choose another name");
	if (!r)
		r = rewrite_new(&rewrite, out, suspects);
	if (!r)
		r = copy_records(job, damaged, suspects, rewrite);
	if (!r)
		r = rewrite_end(rewrite, ret);
	if (!r && !ret->saved)
		return fail_job(job, job->in, -ENODATA, "no record in it could be saved");
	if (!r)
		r = recording_out_close(out);
	return r ? fail_errno(job, job->out, r) : 0;
}

static int check_out(struct job *job, struct repair_report *ret)
{
	_cleanup_(damaged_reader_freep) struct damaged_reader *damaged = NULL;
	_cleanup_(verify_freep) struct verify *verify = NULL;
	const struct verify_config config = {0};
	int r = open_input(job, job->out, &damaged);

	if (r)
		return r;
	r = verify_new(&verify);
	if (!r)
		r = verify_input(verify, damaged, &config);
	if (r)
		return fail_errno(job, job->out, r);
	ret->status = verify->report.status;
	verify_summary(&verify->report, false, ret->verdict);
	return 0;
}

static int try_repair(struct job *job, bool strict, struct repair_report *ret)
{
	_cleanup_(suspects_done) struct suspects suspects = {0};
	bool compressed;
	int r;

	r = find_doubts(job, strict, &suspects, &compressed);
	if (!r)
		r = write_out(job, &suspects, compressed, &ret->mend);
	if (!r)
		r = check_out(job, ret);
	ret->readable = suspects.records;
	return r;
}

static bool is_whole(const struct repair_report *report)
{
	return report->status == VERIFY_COMPLETE || report->status == VERIFY_EXCERPT ||
	       report->status == VERIFY_FILTERED || report->status == VERIFY_LOSSES;
}

int repair(const char *in, const char *out, const struct repair_config *config,
	   struct repair_report *ret, char error[REPAIR_ERROR_SIZE])
{
	struct job job = {.in = in, .out = out, .config = config, .error = error};
	struct repair_report report;
	char safe[LINE_FILE];
	int r;

	for (int strict = 0; strict < 2; strict++) {
		r = try_repair(&job, strict, &report);
		if (r)
			return r;
		if (is_whole(&report)) {
			*ret = report;
			return 0;
		}
		if (unlink(out) < 0)
			return fail_errno(&job, out, -errno);
	}
	(void)snprintf(error, REPAIR_ERROR_SIZE, "%s: what could be saved contradicts itself: %s",
		       line_file(in, safe), report.verdict);
	return -EBADMSG;
}
