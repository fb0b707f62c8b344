/* SPDX-License-Identifier: Apache-2.0 */
/* Usage: ringside-from-nats [--host NAME]... [--since NS] [--follow|--list|--latest|--numbers]
 * [--first N --last N] URL
 *
 * What `ringside cat nats://...` reads: the stream's records on stdout, a plain recording. A
 * program of its own, so that ringside does not link libnats. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "consumer/base/text-line.h"
#include "consumer/nats/from-nats.h"
#include "proto/base/util.h"

#define EXIT_USAGE 2

static int read_options(struct from_nats_options *options, char **argv)
{
	char *query;

	for (; *argv; argv++) {
		if (!strcmp(*argv, "--follow"))
			options->follow = true;
		else if (!strcmp(*argv, "--list"))
			options->list = true;
		else if (!strcmp(*argv, "--latest"))
			options->latest = true;
		else if (!strcmp(*argv, "--numbers"))
			options->numbers = true;
		else if (!strcmp(*argv, "--first") && argv[1])
			options->first = strtoull(*++argv, NULL, 10);
		else if (!strcmp(*argv, "--last") && argv[1])
			options->last = strtoull(*++argv, NULL, 10);
		else if (!strcmp(*argv, "--host") && argv[1] && options->n_hosts < FROM_NATS_HOSTS)
			options->hosts[options->n_hosts++] = *++argv;
		else if (!strcmp(*argv, "--since") && argv[1])
			options->since = strtoull(*++argv, NULL, 10);
		else if (**argv != '-' && !options->url)
			options->url = *argv;
		else
			return -EINVAL;
	}
	if (!options->url)
		return -EINVAL;
	query = strchr(options->url, '?');
	if (!query)
		return 0;
	*query++ = '\0';
	return from_nats_choose(options, query);
}

static void say_line(void *data, const char *said)
{
	char text[1024];
	struct line line = line_make(text, sizeof(text));

	line_safe(&line, said, sizeof(text));
	(void)line_end(&line);
	(void)fprintf(stderr, "ringside: %s\n", text);
}

int main(int argc, char **argv)
{
	struct from_nats_options options = {.out = STDOUT_FILENO, .say = say_line};
	char problem[1024] = "";
	int r = argc ? read_options(&options, argv + 1) : -EINVAL;

	if (r) {
		(void)fprintf(stderr,
			      "usage: ringside-from-nats [--host NAME]... [--since NS] "
			      "[--follow|--list|--latest|--numbers] [--first N --last N] URL\n");
		return EXIT_USAGE;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	/* who reads it may be killed, and nothing may come for hours */
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	r = from_nats(&options, problem, sizeof(problem));
	if (!r || r == -EPIPE)
		return EXIT_SUCCESS;
	say_line(NULL, *problem ? problem : strerror(-r));
	return EXIT_FAILURE;
}
