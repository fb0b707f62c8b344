/* SPDX-License-Identifier: Apache-2.0 */
/* Each option of an event's fields is a row of two functions: parse looks at the argument once,
 * match compares a record with a value. Kinds, host and time are the stream's, and apart. */
#include "consumer/filter/filter.h"

#include <string.h>

#include "consumer/base/time-spec.h"
#include "consumer/filter/filter-internal.h"
#include "consumer/kinds/kind.h"
#include "consumer/read/body.h"
#include "proto/base/clock.h"

enum {
	ROW_KIND,
	ROW_HOST,
	ROW_UNIT,
	ROW_USER_UNIT,
	ROW_NAMESPACE,
	ROW_POD,
	ROW_CONTAINER,
	ROW_CGROUP,
	ROW_COMM,
	ROW_PID,
	ROW_UID,
	ROW_SYSCALL,
	ROW_ACTION,
	ROW_ERRNO,
	ROW_SINCE,
	ROW_UNTIL,
	ROW_SELF_TESTS,
	ROW_COUNT,
};

#define UNPACK 2 /* of match_peek: ask filter_match */
#define OPT(row) (OPTIONS_FILTER + ROW_##row)

const struct option_row filter_options[] = {
	{OPT(KIND), "kind", "LIST",
	 KINDS_OPTIONS ", lost, limited, counters, header, footer, clock"},
	{OPT(HOST), "host", "GLOB", "streams of this host"},
	{'u', "unit", "GLOB", "the system's unit or slice; nginx is nginx.service"},
	{OPT(USER_UNIT), "user-unit", "GLOB", "unit or slice of any user's systemd"},
	{OPT(NAMESPACE), "namespace", "GLOB", "Kubernetes namespace"},
	{OPT(POD), "pod", "GLOB|UID", "Kubernetes pod; id of podman's pod or ECS task"},
	{OPT(CONTAINER), "container", "GLOB|ID",
	 "container name; id, or its first 6 digits or more"},
	{OPT(CGROUP), "cgroup", "GLOB", "cgroup path; without * also all below it"},
	{OPT(COMM), "comm", "GLOB", "name of the process or thread"},
	{OPT(PID), "pid", "LIST", "process or thread id, as the host sees it"},
	{OPT(UID), "uid", "LIST", "user id, as the host sees it"},
	{OPT(SYSCALL), "syscall", "LIST", "keyctl, clone* or 250"},
	{OPT(ACTION), "action", "LIST", "KILL, TRAP, ERRNO, USER_NOTIF, TRACE, LOG"},
	{OPT(ERRNO), "errno", "LIST", "EPERM or 1"},
	{OPT(SINCE), "since", "TIME", "not before; \"2026-11-22 03:00\", yesterday, -1h"},
	{OPT(UNTIL), "until", "TIME", "not after"},
	{OPT(SELF_TESTS), "self-tests", NULL, "also calls that Ringside made to test itself"},
	{0},
};
_Static_assert(ARRAY_SIZE(filter_options) == ROW_COUNT + 1, "one option a row, in their order");

static const char *option_of(const char *word)
{
	return body_kind(word, strlen(word)) ? "--kind" : NULL;
}

const struct option_set filter_set = {
	.title = "Filters: a record has to match all that are given",
	.rows = filter_options,
	.option_of = option_of,
};

/* How values are read, whole arguments or their parts, and what of an event they have to match;
 * NULL: nothing of an event's. */
static const struct {
	filter_parse_fn *parse;
	filter_part_fn *part;
	filter_match_fn *match;
} rows[ROW_COUNT] = {
	[ROW_HOST] = {NULL, filter_name_part, NULL},
	[ROW_UNIT] = {filter_parse_unit, NULL, filter_match_unit},
	[ROW_USER_UNIT] = {filter_parse_unit, NULL, filter_match_user_unit},
	[ROW_NAMESPACE] = {NULL, filter_name_part, filter_match_namespace},
	[ROW_POD] = {NULL, filter_name_part, filter_match_pod},
	[ROW_CONTAINER] = {filter_parse_container, NULL, filter_match_container},
	[ROW_CGROUP] = {filter_parse_text, NULL, filter_match_cgroup},
	[ROW_COMM] = {filter_parse_text, NULL, filter_match_comm},
	[ROW_PID] = {NULL, filter_number_part, filter_match_pid},
	[ROW_UID] = {NULL, filter_uid_part, filter_match_uid},
	[ROW_SYSCALL] = {NULL, filter_syscall_part, filter_match_syscall},
	[ROW_ACTION] = {NULL, filter_action_part, filter_match_action},
	[ROW_ERRNO] = {NULL, filter_errno_part, filter_match_errno},
};

/* All in it is wanted, in ns. */
struct time_range {
	uint64_t since, until;
	bool given;
};

struct filter {
	uint64_t kinds;               /* bit 1 << field number in Record.body; 0: all */
	struct time_range time, boot; /* of the time of day, and since boot */
	bool timed, fields;           /* such an option is set */
	bool self_tests;
	struct filter_term terms[ROW_COUNT];
};

static int parse_when(struct filter *filter, const char *arg, bool until,
		      const struct filter_error *error)
{
	uint64_t now = clock_nano(CLOCK_REALTIME);
	struct time_range *range = &filter->time;
	struct time_spec when;

	if (time_spec_parse(arg, now, &when) < 0) {
		time_spec_why(arg, now, error->text, error->size);
		return -EINVAL;
	}
	if (when.boot)
		range = &filter->boot;
	/* what is copied from a line stands for all that the line's digits stand for */
	if (until)
		range->until = when.last;
	else
		range->since = when.first;
	range->given = filter->timed = true;
	if (range->since > range->until)
		return filter_invalid(error, "--since is later than --until: nothing can match");
	return 0;
}

int filter_new(struct filter **ret)
{
	struct filter *filter = calloc(1, sizeof(*filter));

	if (!filter)
		return -ENOMEM;
	filter->time.until = filter->boot.until = UINT64_MAX;
	*ret = filter;
	return 0;
}

struct filter *filter_free(struct filter *filter)
{
	if (!filter)
		return NULL;
	for (size_t i = 0; i < ROW_COUNT; i++)
		for (size_t j = 0; j < filter->terms[i].n; j++)
			free(filter->terms[i].values[j].text);
	free(filter);
	return NULL;
}

static int take_arg(struct filter *filter, size_t row, const char *arg,
		    const struct filter_error *error)
{
	struct filter_term *term = &filter->terms[row];
	int r;

	switch (row) {
	case ROW_KIND:
		return filter_parse_kinds(&filter->kinds, arg, error);
	case ROW_SINCE:
	case ROW_UNTIL:
		return parse_when(filter, arg, row == ROW_UNTIL, error);
	case ROW_SELF_TESTS:
		filter->self_tests = true;
		return 0;
	default:
		r = rows[row].parse ? rows[row].parse(term, arg, error)
				    : filter_each_part(term, arg, error, rows[row].part);
		filter->fields |= !r && rows[row].match;
		return r;
	}
}

int filter_option(struct filter *filter, int opt, const char *arg, char *error, size_t size)
{
	const struct filter_error to = {.text = error, .size = size};

	for (size_t i = 0; i < ROW_COUNT; i++)
		if (filter_options[i].opt == opt)
			return take_arg(filter, i, arg, &to);
	return -ENOENT;
}

bool filter_names_kinds(const struct filter *filter)
{
	return filter->kinds != 0;
}

bool filter_has_time(const struct filter *filter)
{
	return filter->timed;
}

bool filter_names_kind(const struct filter *filter, const struct kind *kind)
{
	return kind->body && filter->kinds & UINT64_C(1) << kind->body;
}

bool filter_takes_kind(const struct filter *filter, const struct kind *kind)
{
	return !filter->kinds || filter_names_kind(filter, kind);
}

void filter_show_self_tests(struct filter *filter)
{
	filter->self_tests = true;
}

bool filter_shows_self_tests(const struct filter *filter)
{
	return filter->self_tests;
}

static bool kind_peeked(const struct filter *filter, unsigned kind)
{
	return !filter->kinds || filter->kinds & UINT64_C(1) << (kind & 63);
}

/* Lost and Limited may stand for a kind that is wanted. */
static bool stands_for_others(unsigned kind)
{
	return kind == RINGSIDE__V1__RECORD__BODY_LOST ||
	       kind == RINGSIDE__V1__RECORD__BODY_LIMITED;
}

/* These say what kind they stand for; without, they may stand for any. */
static bool kind_wanted(const struct filter *filter, const Ringside__V1__Record *record,
			const ProtobufCMessage *body)
{
	const char *of;

	if (kind_peeked(filter, record->body_case))
		return true;
	if (!stands_for_others(record->body_case))
		return false;
	of = body_string(body, "kind");
	return !of || kind_peeked(filter, body_kind(of, strlen(of)));
}

/* Of what happened from @first to @last. */
static bool range_wants(const struct time_range *range, bool known, uint64_t first, uint64_t last)
{
	return !range->given || (known && last >= range->since && first <= range->until);
}

static bool time_wanted(const struct filter *filter, bool known, uint64_t nano, bool boot_known,
			uint64_t boot)
{
	return !filter->timed || (range_wants(&filter->time, known, nano, nano) &&
				  range_wants(&filter->boot, boot_known, boot, boot));
}

static bool host_wanted(const struct filter_term *hosts, const Ringside__V1__Header *header)
{
	bool matched = hosts->n == 0;

	for (size_t i = 0; !matched && i < hosts->n; i++)
		matched = header && filter_glob(hosts->values[i].text, header->host_name);
	return matched;
}

static bool fields_match(const struct filter *filter, const ProtobufCMessage *body)
{
	const struct filter_view view = {
		.body = body,
		.process = (const Ringside__V1__Process *)
			body_message(body, &ringside__v1__process__descriptor),
		.container = (const Ringside__V1__Container *)
			body_message(body, &ringside__v1__container__descriptor),
	};

	for (size_t i = 0; i < ROW_COUNT; i++) {
		const struct filter_term *term = &filter->terms[i];
		bool matched = !rows[i].match || term->n == 0;

		for (size_t j = 0; !matched && j < term->n; j++)
			matched = rows[i].match(&term->values[j], &view);
		if (!matched)
			return false;
	}
	return true;
}

bool filter_match(const struct filter *filter, const Ringside__V1__Record *record,
		  const Ringside__V1__Header *latest)
{
	bool header = record->body_case == RINGSIDE__V1__RECORD__BODY_HEADER;
	const ProtobufCMessage *body = body_of(record);

	if (!kind_wanted(filter, record, body))
		return false;
	if (!host_wanted(&filter->terms[ROW_HOST], header ? record->header : latest))
		return false;
	if (header)
		return true;
	if (record->self_test && !filter->self_tests)
		return false;
	if (!time_wanted(filter, record->has_time_unix_nano, record->time_unix_nano,
			 record->has_boottime_nano, record->boottime_nano))
		return false;
	if (record->body_case == RINGSIDE__V1__RECORD__BODY_LOST)
		return true;
	return !filter->fields || fields_match(filter, body);
}

/* filter_match as far as can be told without unpacking: 0 no, 1 yes, UNPACK ask filter_match. Of a
 * Header, too, only filter_match can tell. */
static int match_peek(const struct filter *filter, const struct peek *peek,
		      const Ringside__V1__Header *latest)
{
	if (peek->kind == RINGSIDE__V1__RECORD__BODY_HEADER)
		return UNPACK;
	if (!kind_peeked(filter, peek->kind) && !stands_for_others(peek->kind))
		return 0;
	if (peek->self_test && !filter->self_tests)
		return 0;
	if (!host_wanted(&filter->terms[ROW_HOST], latest))
		return 0;
	if (!time_wanted(filter, peek->has_time, peek->time_unix_nano, peek->has_boottime,
			 peek->boottime_nano))
		return 0;
	if (!kind_peeked(filter, peek->kind) || filter->fields)
		return UNPACK;
	return 1;
}

int filter_record(const struct filter *filter, struct reader *reader, struct reader_record *item)
{
	const Ringside__V1__Header *header = reader_header(reader);
	int r = match_peek(filter, &item->peek, header);

	if (r != UNPACK)
		return r;
	r = reader_unpack(reader, item);
	return r ? r : filter_match(filter, item->record, header);
}

bool filter_may_match(const struct filter *filter, const struct recording_index *index)
{
	bool any = false;

	for (unsigned i = 0; !any && i < RECORD_BODIES; i++)
		any = index->counts[i] && (kind_peeked(filter, i) || stands_for_others(i));
	if (filter->kinds && !any)
		return false;
	return range_wants(&filter->time, index->has_time, index->min_time, index->max_time) &&
	       range_wants(&filter->boot, index->has_boottime, index->min_boottime,
			   index->max_boottime);
}

bool filter_selects(const struct filter *filter)
{
	return filter->timed || filter->kinds;
}
