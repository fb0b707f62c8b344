/* SPDX-License-Identifier: Apache-2.0 */
/* ringside COMMAND ...: finds the command. */
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "consumer/base/shell-word.h"
#include "consumer/base/text-line.h"
#include "consumer/cli/command.h"
#include "consumer/cli/habits.h"
#include "consumer/cli/helper-program.h"
#include "consumer/cli/options.h"
#include "proto/base/stdout-end.h"
#include "proto/base/util.h"

static const struct command *const commands[] = {
	/* clang-format off */
	&command_live,
	&command_cat,
	&command_tail,
	&command_replay,
	&command_stats,
	&command_verify,
	&command_repair,
	&command_status,
#ifdef RINGSIDE_SERVE
	&command_serve,
#endif
	&command_doctor,
	/* clang-format on */
};

/* Programs of their own, as git has them: what their libraries bring, ringside does not need. */
static const struct {
	const char *name, *program, *help;
} others[] = {
	{"forward", "ringside-forward", "send recordings to OTLP, journald, NATS, Kafka"},
};

static int print_help(FILE *file)
{
	(void)fprintf(file,
		      "usage: ringside COMMAND ...\n\n"
		      "Who was killed for memory, who was denied a system call: live and from "
		      "recordings.\n\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		const char *help = commands[i]->help;

		(void)fprintf(file, "  %-10s%.*s\n", commands[i]->name, (int)strcspn(help, "\n"),
			      help);
	}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		(void)fprintf(file, "  %-10s%s\n", others[i].name, others[i].help);
	(void)fprintf(file, "\n`ringside help COMMAND` tells more; `sudo ringside live` is a good "
			    "start.\n");
	return file == stdout ? EXIT_SUCCESS : EXIT_USAGE;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	}
	return NULL;
}

/* Does not return if @name is a program of its own, and is there. -1: it is none; else the exit
 * status. */
static int run_other(const char *name, char **argv)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		int r;

		if (strcmp(others[i].name, name) != 0)
			continue;
		r = helper_program_exec(others[i].program, argv);
		(void)helper_program_find(others[i].program, path);
		(void)fprintf(stderr, "ringside %s: the program %s cannot be run: %s\n", name, path,
			      strerror(-r));
		return EXIT_FAILED;
	}
	return -1;
}

static int say_unknown(const char *name)
{
	const char *names[ARRAY_SIZE(commands) + ARRAY_SIZE(others) + 1], *near, *shown,
		*habit = habit_command(name);
	char safe[LINE_FILE], word[2 * LINE_FILE];
	struct line line = line_make(word, sizeof(word));

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		names[i] = commands[i]->name;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		names[ARRAY_SIZE(commands) + i] = others[i].name;
	names[ARRAY_SIZE(commands) + ARRAY_SIZE(others)] = NULL;
	near = option_nearest(name, names);
	shown = line_file(name, safe);
	shell_word(&line, strlen(name) < LINE_FILE / 8 ? name : "FILE");
	(void)line_end(&line);
	if (access(name, F_OK) == 0)
		(void)fprintf(stderr, "ringside: %s is no command: did you mean ringside cat %s?\n",
			      shown, word);
	else if (habit)
		(void)fprintf(stderr, "ringside: %s is no command: did you mean `%s`?\n", shown,
			      habit);
	else if (name[0] == '-')
		(void)fprintf(stderr,
			      "ringside: %s comes behind a command, as in ringside cat %s (see "
			      "`ringside --help`)\n",
			      shown, word);
	else if (near)
		(void)fprintf(stderr, "ringside: unknown command %s: did you mean %s?\n", shown,
			      near);
	else
		(void)fprintf(stderr, "ringside: unknown command %s (see `ringside --help`)\n",
			      shown);
	return EXIT_USAGE;
}

static int print_version(void)
{
	(void)printf("ringside %s\n", RINGSIDE_VERSION);
	return EXIT_SUCCESS;
}

/* `ringside help cat` is `ringside cat --help`. */
static int help_on(const char *name)
{
	const struct command *command = find_command(name);
	char help[] = "--help", verb[16], *argv[] = {verb, help, NULL};
	int r = command ? -1 : run_other(name, argv);

	if (!command)
		return r < 0 ? say_unknown(name) : r;
	(void)snprintf(verb, sizeof(verb), "%s", command->name);
	return command->run(2, argv);
}

static int run(int argc, char **argv)
{
	const struct command *command;
	const char *word = argc > 1 ? argv[1] : NULL;

	if (!word)
		return print_help(stderr);
	if (!strcmp(word, "--help") || !strcmp(word, "-h"))
		return print_help(stdout);
	if (!strcmp(word, "--version") || !strcmp(word, "-V"))
		return print_version();
	if (!strcmp(word, "help"))
		return argc > 2 ? help_on(argv[2]) : print_help(stdout);
	command = find_command(word);
	if (!command) {
		int r = run_other(word, argv + 1);

		return r < 0 ? say_unknown(word) : r;
	}
	if (argc > 2 && !strcmp(argv[2], "--version"))
		return print_version();
	return command->run(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	int status, r;

	/* A closed pipe is an error of write(2), which the outputs know how to end with. */
	(void)signal(SIGPIPE, SIG_IGN);
	status = run(argc, argv);
	r = stdout_end();
	if (status != EXIT_SUCCESS || !r)
		return status;
	(void)fprintf(stderr, "ringside: cannot write: %s\n", strerror(-r));
	return EXIT_FAILED;
}
