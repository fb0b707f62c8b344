/* SPDX-License-Identifier: Apache-2.0 */
/* Filters as people type them: a line each, "NAME VALUE". */
#include <string.h>

#include "consumer/filter/filter.h"
#include "tests/fuzz/fuzz.h"

#define LINE_SIZE 512

/* An OOM kill and a denial with something in every place a filter looks at. */
static void match(const struct filter *filter)
{
	static char text[] = "nginx-1";
	Ringside__V1__Record record = RINGSIDE__V1__RECORD__INIT;
	Ringside__V1__SeccompDenial denial = RINGSIDE__V1__SECCOMP_DENIAL__INIT;
	Ringside__V1__OomKill kill = RINGSIDE__V1__OOM_KILL__INIT;
	Ringside__V1__Process process = RINGSIDE__V1__PROCESS__INIT;
	Ringside__V1__Container container = RINGSIDE__V1__CONTAINER__INIT;
	Ringside__V1__Header header = RINGSIDE__V1__HEADER__INIT;

	process.comm = container.id = container.pod_name = container.cgroup_path = text;
	container.systemd_unit = container.namespace_name = header.host_name = text;
	denial.syscall_name = denial.error_name = text;
	process.has_pid = process.has_uid = denial.has_syscall_number = 1;
	denial.process = kill.victim = &process;
	denial.container = kill.victim_container = &container;
	record.has_time_unix_nano = 1;
	record.time_unix_nano = 1763780645000000000u;
	record.body_case = RINGSIDE__V1__RECORD__BODY_SECCOMP_DENIAL;
	record.seccomp_denial = &denial;
	(void)filter_match(filter, &record, &header);
	record.body_case = RINGSIDE__V1__RECORD__BODY_OOM_KILL;
	record.oom_kill = &kill;
	(void)filter_match(filter, &record, NULL);
}

static int find_option(const char *name)
{
	for (const struct option_row *row = filter_options; row->name; row++) {
		if (!strcmp(row->name, name))
			return row->opt;
	}
	return -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char line[LINE_SIZE], error[256], *value, *next;
	struct filter *filter;
	int r;

	if (size >= LINE_SIZE)
		return 0;
	memcpy(line, data, size);
	line[size] = '\0';
	fuzz_assert(!filter_new(&filter));
	for (char *p = line; p; p = next) {
		next = strchr(p, '\n');
		if (next)
			*next++ = '\0';
		value = strchr(p, ' ');
		if (!value)
			continue;
		*value++ = '\0';
		error[0] = '\0';
		r = filter_option(filter, find_option(p), value, error, sizeof(error));
		fuzz_assert(r != -EINVAL || strlen(error) > 0); /* it says what is right */
	}
	match(filter);
	(void)filter_free(filter);
	return 0;
}
