/* SPDX-License-Identifier: Apache-2.0 */
/* Each option of an event's fields is a row of two functions: parse looks at the argument once,
 * match compares a record with a value. Kinds, host and time are the stream's, and apart. */
#include "consumer/filter/filter.h"

#include <string.h>

#include "consumer/base/text-line.h"
#include "consumer/filter/filter-internal.h"
#include "consumer/kinds/kind.h"
#include "consumer/read/body.h"

#define OPT(row) (OPTIONS_FILTER + ROW_##row)

const struct option_row filter_options[] = {
	{OPT(KIND), "kind", "LIST",
	 KINDS_OPTIONS ", lost, limited, counters, header, footer, clock"},
	{OPT(HOST), "host", "LIST", "streams of this host"},
	{OPT(LABEL), "label", "KEY=LIST", "streams with this --label; KEY alone: with any value"},
	{'u', "unit", "LIST", "the system's unit or slice; nginx is nginx.service"},
	{OPT(USER_UNIT), "user-unit", "LIST", "unit or slice of any user's systemd"},
	{OPT(SLICE), "slice", "LIST", "the system's slice"},
	{OPT(NAMESPACE), "namespace", "LIST", "Kubernetes namespace"},
	{OPT(POD), "pod", "LIST", "Kubernetes pod, or its uid; id of podman's pod or ECS task"},
	{OPT(POD_UID), "pod-uid", "LIST", "its uid"},
	{OPT(CONTAINER), "container", "LIST", "container name; id, or its first 6 digits or more"},
	{OPT(CONTAINER_ID), "container-id", "LIST", "id, or its first 6 digits or more"},
	{OPT(RUNTIME), "runtime", "LIST", "docker, containerd, crio, podman, ..."},
	{OPT(CGROUP), "cgroup", "LIST", "cgroup path; without * also all below it"},
	{OPT(COMM), "comm", "LIST", "name of the process or thread"},
	{OPT(PID), "pid", "LIST", "process or thread id, as the host sees it"},
	{OPT(UID), "uid", "LIST", "user id, as the host sees it"},
	{OPT(SYSCALL), "syscall", "LIST", "keyctl, clone* or 250"},
	{OPT(ACTION), "action", "LIST", "KILL, TRAP, ERRNO, USER_NOTIF, TRACE, LOG"},
	{OPT(ERRNO), "errno", "LIST", "EPERM or 1"},
	{OPT(ARCH), "arch", "LIST", "x86_64, i386, x32, aarch64, ..."},
	{OPT(SIGNAL), "signal", "LIST", "SIGKILL, KILL or 9"},
	{OPT(SEVERITY), "severity", "LIST", "INFO, WARN, ERROR, FATAL; as -o json has it"},
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
	.title = "Filters: a record has to match all that are given. LIST is a,b: any of them; "
		 "'!a': "
		 "all but\nit; names may have * and ?",
	.rows = filter_options,
	.option_of = option_of,
};

static const char *name_of_process(const struct filter_view *view)
{
	return view->process ? view->process->comm : NULL;
}

#define NAME_OF(function, field)                                                                   \
	static const char *function(const struct filter_view *view)                                \
	{                                                                                          \
		return view->container ? view->container->field : NULL;                            \
	}
NAME_OF(name_of_unit, systemd_unit)
NAME_OF(name_of_user_unit, systemd_user_unit)
NAME_OF(name_of_slice, systemd_slice)
NAME_OF(name_of_namespace, namespace_name)
NAME_OF(name_of_pod, pod_name)
NAME_OF(name_of_pod_uid, pod_uid)
NAME_OF(name_of_id, id)
NAME_OF(name_of_runtime, runtime)
NAME_OF(name_of_cgroup, cgroup_path)
NAME_OF(name_of_container, container_name)
#undef NAME_OF

/* What --pod takes besides names. */
static const char *id_of_pod(const struct filter_view *view)
{
	const Ringside__V1__Container *c = view->container;

	if (!c || text_has(c->pod_uid))
		return c ? c->pod_uid : NULL;
	return text_has(c->podman_pod_id) ? c->podman_pod_id : c->ecs_task_id;
}

#define NAME_OF(function, field)                                                                   \
	static const char *function(const struct filter_view *view)                                \
	{                                                                                          \
		return body_string(view->body, field);                                             \
	}
NAME_OF(name_of_syscall, "syscall_name")
NAME_OF(name_of_errno, "error_name")
NAME_OF(name_of_arch, "arch_name")
NAME_OF(name_of_signal, "signal_name")
#undef NAME_OF

const struct filter_row_ops filter_rows[ROW_COUNT] = {
	[ROW_HOST] = {.part = filter_name_part},
	[ROW_LABEL] = {.parse = filter_parse_labels},
	[ROW_UNIT] = {filter_parse_unit, NULL, filter_match_unit, false, name_of_unit},
	[ROW_USER_UNIT] = {filter_parse_unit, NULL, filter_match_user_unit, false,
			   name_of_user_unit},
	[ROW_SLICE] = {NULL, filter_name_part, filter_match_slice, false, name_of_slice},
	[ROW_NAMESPACE] = {NULL, filter_name_part, filter_match_namespace, false, name_of_namespace,
			   name_of_pod_uid,
			   "the namespace of no pod is known here, only uids, for --pod-uid"},
	[ROW_POD] = {NULL, filter_pod_part, filter_match_pod, false, name_of_pod, id_of_pod,
		     "the name of no pod is known here, only uids, which --pod takes, too"},
	[ROW_POD_UID] = {NULL, filter_name_part, filter_match_pod_uid, false, name_of_pod_uid},
	[ROW_CONTAINER] = {NULL, filter_container_part, filter_match_container, true,
			   name_of_container, name_of_id,
			   "the name of no container is known here, only ids, which --container "
			   "takes, too"},
	[ROW_CONTAINER_ID] = {NULL, filter_id_part, filter_match_id, false, name_of_id},
	[ROW_RUNTIME] = {NULL, filter_name_part, filter_match_runtime, false, name_of_runtime},
	[ROW_CGROUP] = {NULL, filter_name_part, filter_match_cgroup, true, name_of_cgroup},
	[ROW_COMM] = {NULL, filter_name_part, filter_match_comm, true, name_of_process},
	[ROW_PID] = {NULL, filter_number_part, filter_match_pid},
	[ROW_UID] = {NULL, filter_uid_part, filter_match_uid},
	[ROW_SYSCALL] = {NULL, filter_syscall_part, filter_match_syscall, false, name_of_syscall},
	[ROW_ACTION] = {NULL, filter_action_part, filter_match_action},
	[ROW_ERRNO] = {NULL, filter_errno_part, filter_match_errno, false, name_of_errno},
	[ROW_ARCH] = {NULL, filter_arch_part, filter_match_arch, false, name_of_arch},
	[ROW_SIGNAL] = {NULL, filter_signal_part, filter_match_signal, false, name_of_signal},
	[ROW_SEVERITY] = {NULL, filter_severity_part, filter_match_severity, false,
			  filter_severity},
};

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
	free(filter->misses);
	free(filter->boots);
	free(filter);
	return NULL;
}

static int parse_values(struct filter *filter, size_t row, const char *arg,
			const struct filter_error *error)
{
	const struct filter_row_ops *ops = &filter_rows[row];
	struct filter_term *term = &filter->terms[row];
	int r;

	if (ops->parse)
		r = ops->parse(term, arg, error);
	else
		r = (ops->paths ? filter_each_path : filter_each_part)(term, arg, error, ops->part);
	term->positive = 0;
	for (size_t i = 0; i < term->n; i++)
		term->positive += !term->values[i].negated;
	if (!r && !ops->match)
		filter->streams = true;
	else if (!r && !memchr(filter->fields, (int)row, filter->n_fields))
		filter->fields[filter->n_fields++] = (uint8_t)row;
	return r;
}

static int take_arg(struct filter *filter, size_t row, const char *arg,
		    const struct filter_error *error)
{
	switch (row) {
	case ROW_KIND:
		return filter_parse_kinds(&filter->kinds, arg, error);
	case ROW_SINCE:
	case ROW_UNTIL:
		return filter_parse_time(filter, arg, row == ROW_UNTIL, error);
	case ROW_SELF_TESTS:
		filter->self_tests = true;
		return 0;
	default:
		return parse_values(filter, row, arg, error);
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

const char *filter_exact_arg(const struct filter *filter, int opt, const char *arg,
			     char buf[FILTER_TIME_TEXT])
{
	const bool until = opt == OPT(UNTIL);

	return until || opt == OPT(SINCE) ? filter_exact_time(filter, until, arg, buf) : arg;
}

bool filter_option_meant(const char *word, char buf[FILTER_MEANT])
{
	const char *kind = option_of(word);

	for (size_t i = 0; i < ROW_COUNT; i++) {
		if (strcmp(filter_options[i].name, word) != 0)
			continue;
		(void)snprintf(buf, FILTER_MEANT, "--%s", word);
		return true;
	}
	if (!kind || strlen(word) >= FILTER_MEANT / 2)
		return false;
	(void)snprintf(buf, FILTER_MEANT, "%s %s", kind, word);
	return true;
}

unsigned filter_replaces(int opt, const char *arg)
{
	if (opt != OPT(SINCE) && opt != OPT(UNTIL))
		return 0;
	/* times of day and since boot are both valid */
	return (unsigned)opt * 2 + filter_is_since_boot(arg);
}

bool filter_names_kinds(const struct filter *filter)
{
	return filter->kinds.wanted != 0;
}

void filter_show_self_tests(struct filter *filter)
{
	filter->self_tests = true;
}

bool filter_shows_self_tests(const struct filter *filter)
{
	return filter->self_tests;
}
