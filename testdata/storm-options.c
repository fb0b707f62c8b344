/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "testdata/calls.h"
#include "testdata/storm.h"

static const char usage[] =
	"usage: trigger-storm [--tasks N] [--count N] [--errno E] [--syscall NAME|NR]\n"
	"                     [--distinct N] [--seconds N] [--pin] [--supervised]\n"
	"                     [--sleepers N] [--cgroup NAME [--per-cgroup N]]\n"
	"  --tasks N       processes at work (default: 1)\n"
	"  --count N       denied calls of each (default: 10000)\n"
	"  --errno E       what they get (default: 1)\n"
	"  --syscall X     what they call (default: getppid)\n"
	"  --distinct N    N different pairs of call and errno in turn, up to 65520; up to 256 "
	"are\n"
	"                  counted one by one\n"
	"  --seconds N     in bursts, ten a second, for N seconds (default: as fast as they go)\n"
	"  --pin           each on one CPU, in turn\n"
	"  --supervised    not by the filter: by a supervisor that it asks\n"
	"  --sleepers N    processes blocked in SECCOMP_RET_USER_NOTIF meanwhile\n"
	"  --cgroup NAME   all in a new memory cgroup NAME, removed at the end\n"
	"  --per-cgroup N  each task goes on in a new cgroup below it after every N calls\n";

static int parse_number(const char *text, unsigned long min, unsigned long max, unsigned long *ret)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || value < min || value > max) {
		(void)fprintf(stderr, "trigger-storm: %s is not a number from %lu to %lu\n", text,
			      min, max);
		return -EINVAL;
	}
	*ret = value;
	return 0;
}

static int parse_call(const char *text, long *ret)
{
	unsigned long nr;

	if (!calls_find(text, ret))
		return 0;
	if (parse_number(text, 0, INT32_MAX, &nr)) {
		(void)fputs("trigger-storm: names known: getppid, keyctl, mount, ...\n", stderr);
		return -EINVAL;
	}
	if (nr == SYS_read || nr == SYS_exit || nr == SYS_exit_group) {
		(void)fputs("trigger-storm: a task needs this call itself\n", stderr);
		return -EINVAL;
	}
	*ret = (long)nr;
	return 0;
}

static int parse_option(struct storm_options *o, int option, const char *text)
{
	switch (option) {
	case 't':
		return parse_number(text, 1, STORM_TASKS_MAX, &o->tasks);
	case 'n':
		return parse_number(text, 1, 1000000000, &o->count);
	case 'e':
		return parse_number(text, 1, CALLS_ERROR_MAX, &o->error);
	case 'd':
		return parse_number(text, 1, CALLS_PAIRS_MAX, &o->distinct);
	case 's':
		return parse_number(text, 0, STORM_TASKS_MAX, &o->sleepers);
	case 'p':
		return parse_number(text, 1, 1000000000, &o->per_cgroup);
	case 'l':
		return parse_number(text, 1, 3600, &o->seconds);
	case 'u':
		o->supervised = true;
		return 0;
	case 'i':
		o->pin = true;
		return 0;
	case 'x':
		return parse_call(text, &o->nr);
	case 'c':
		o->cgroup = text;
		return 0;
	default:
		return -EINVAL;
	}
}

int storm_parse(struct storm_options *ret, int argc, char **argv)
{
	static const struct option long_options[] = {
		{"tasks", required_argument, NULL, 't'},
		{"count", required_argument, NULL, 'n'},
		{"errno", required_argument, NULL, 'e'},
		{"distinct", required_argument, NULL, 'd'},
		{"sleepers", required_argument, NULL, 's'},
		{"seconds", required_argument, NULL, 'l'},
		{"supervised", no_argument, NULL, 'u'},
		{"pin", no_argument, NULL, 'i'},
		{"syscall", required_argument, NULL, 'x'},
		{"cgroup", required_argument, NULL, 'c'},
		{"per-cgroup", required_argument, NULL, 'p'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;

	*ret = (struct storm_options){
		.tasks = 1, .count = 10000, .error = EPERM, .distinct = 1, .nr = SYS_getppid};
	while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		if (option == 'h') {
			(void)fputs(usage, stdout);
			return 1;
		}
		if (parse_option(ret, option, optarg))
			return -EINVAL;
	}
	if (optind != argc || (ret->per_cgroup && !ret->cgroup)) {
		(void)fputs(usage, stderr);
		return -EINVAL;
	}
	return 0;
}
