/* SPDX-License-Identifier: Apache-2.0 */
/* The child is a shell script called like the streamer, in a folder of its own in PATH. */
#include "tests/lib/test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "consumer/cli/streamer-process.h"
#include "proto/base/util.h"

struct folder {
	char path[64], program[128], before[4096];
	sigset_t mask;
};

static int setup(void **state)
{
	struct folder *f = calloc(1, sizeof(*f));
	char search[4200];

	if (!f)
		return -1;
	(void)snprintf(f->path, sizeof(f->path), "/tmp/ringside-test-XXXXXX");
	if (!mkdtemp(f->path))
		return -1;
	(void)snprintf(f->program, sizeof(f->program), "%s/" STREAMER_PROCESS_PROGRAM, f->path);
	(void)snprintf(f->before, sizeof(f->before), "%s", getenv("PATH"));
	(void)snprintf(search, sizeof(search), "%s:%s", f->path, f->before);
	(void)sigprocmask(SIG_SETMASK, NULL, &f->mask);
	*state = f;
	return setenv("PATH", search, 1);
}

static int teardown(void **state)
{
	struct folder *f = *state;

	(void)unlink(f->program);
	(void)rmdir(f->path);
	(void)setenv("PATH", f->before, 1);
	(void)sigprocmask(SIG_SETMASK, &f->mask, NULL);
	free(f);
	return 0;
}

static void write_program(const struct folder *f, const char *script)
{
	FILE *file = fopen(f->program, "we");

	assert_non_null(file);
	assert_true(fprintf(file, "#!/bin/sh\n%s\n", script) > 0);
	assert_ok(fclose(file));
	assert_ok(chmod(f->program, 0755));
}

static char *const plain[] = {(char *)STREAMER_PROCESS_PROGRAM, (char *)"--label", (char *)"a=b c",
			      NULL};

static void read_line(const struct streamer_process *child, const char *expected)
{
	char buf[256] = "";
	size_t n = 0;

	assert_true(streamer_process_wait_output(child, -1));
	while (n < sizeof(buf) - 1 && read(child->out, buf + n, 1) == 1 && buf[n] != '\n')
		n++;
	buf[n] = '\0';
	assert_string_equal(buf, expected);
}

static void its_output_arguments_and_status_are_its_own(void **state)
{
	struct streamer_process child = STREAMER_PROCESS_NULL;
	char c;

	write_program(*state, "echo \"$# $2\"; exit 7");
	assert_ok(streamer_process_start(&child, plain));
	read_line(&child, "2 a=b c");
	assert_int_equal(read(child.out, &c, 1), 0); /* nobody else holds the pipe */
	assert_int_equal(streamer_process_wait(&child), 7);
	streamer_process_done(&child);
	streamer_process_done(&child);
}

static void our_options_stand_before_the_users(void **state)
{
	static const char *const own[] = {"-w", "-", NULL};
	char *const extra[] = {(char *)"--label", (char *)"a=b c"};
	struct streamer_process child = STREAMER_PROCESS_NULL;
	char error[256] = "";

	write_program(*state, "echo \"$#|$1|$2|$3|$4\"");
	assert_ok(streamer_process_start_with(&child, own, extra, 2, error, sizeof(error)));
	read_line(&child, "4|-w|-|--label|a=b c");
	assert_int_equal(streamer_process_wait(&child), 0);
	streamer_process_done(&child);
}

static void what_cannot_be_started_is_a_sentence(void **state)
{
	static const char *const own[] = {NULL};
	struct folder *f = *state;
	struct streamer_process child = STREAMER_PROCESS_NULL;
	char error[256] = "";

	assert_ok(setenv("PATH", f->path, 1));
	assert_int_equal(streamer_process_start_with(&child, own, NULL, 0, error, sizeof(error)),
			 -ENOENT);
	assert_non_null(strstr(error, "add its folder to PATH"));
	write_program(f, "exit 0");
	assert_ok(chmod(f->program, 0644));
	assert_int_equal(streamer_process_start_with(&child, own, NULL, 0, error, sizeof(error)),
			 -EACCES);
	assert_string_equal(error, "cannot start " STREAMER_PROCESS_PROGRAM ": Permission denied");
}

static void a_missing_program_is_told_apart(void **state)
{
	struct streamer_process child = STREAMER_PROCESS_NULL;
	sigset_t mask;

	assert_ok(setenv("PATH", ((struct folder *)*state)->path, 1));
	assert_int_equal(streamer_process_start(&child, plain), -ENOENT);
	streamer_process_done(&child);
	/* and the signals are ours again */
	assert_ok(sigprocmask(SIG_SETMASK, NULL, &mask));
	assert_false(sigismember(&mask, SIGINT));
}

static void a_program_that_cannot_run_is_told_apart(void **state)
{
	struct folder *f = *state;
	struct streamer_process child = STREAMER_PROCESS_NULL;

	write_program(f, "exit 0");
	assert_ok(setenv("PATH", f->path, 1));
	assert_ok(chmod(f->program, 0644));
	assert_int_equal(streamer_process_start(&child, plain), -EACCES);
}

static void a_signal_somebody_sent_us_is_passed_on(void **state)
{
	struct streamer_process child = STREAMER_PROCESS_NULL;

	write_program(*state, "trap 'echo closing; exit 3' TERM; echo ready\n"
			      "while :; do sleep 0.05; done");
	assert_ok(streamer_process_start(&child, plain));
	read_line(&child, "ready");
	assert_ok(kill(getpid(), SIGTERM)); /* blocked: it waits in the signalfd */
	read_line(&child, "closing");
	assert_int_equal(streamer_process_wait(&child), 3);
	streamer_process_done(&child);
}

static void a_terminal_that_closes_ends_the_child(void **state)
{
	struct streamer_process child = STREAMER_PROCESS_NULL;

	write_program(*state, "trap '' HUP; trap 'echo closing; exit 0' TERM; echo ready\n"
			      "while :; do sleep 0.05; done");
	assert_ok(streamer_process_start(&child, plain));
	read_line(&child, "ready");
	assert_ok(kill(getpid(), SIGHUP));
	read_line(&child, "closing");
	assert_int_equal(streamer_process_wait(&child), 0);
	streamer_process_done(&child);
}

static void our_blocked_and_ignored_signals_are_not_inherited(void **state)
{
	struct streamer_process child = STREAMER_PROCESS_NULL;

	(void)signal(SIGPIPE, SIG_IGN);
	/* SIGPIPE among the ignored, SIGHUP, SIGINT and SIGTERM among the blocked */
	write_program(
		*state,
		"set -- $(sed -n 's/Sig\\(Blk\\|Ign\\):/0x/p' /proc/self/status | tr -d '\\t')\n"
		"echo $(($1 & 0x4003)) $(($2 & 0x1000))");
	assert_ok(streamer_process_start(&child, plain));
	read_line(&child, "0 0");
	assert_int_equal(streamer_process_wait(&child), 0);
	streamer_process_done(&child);
	(void)signal(SIGPIPE, SIG_DFL);
}

static void a_reader_that_has_gone_is_noticed_while_nothing_comes(void **state)
{
	struct streamer_process child = STREAMER_PROCESS_NULL;
	int pipes[2];

	assert_ok(pipe2(pipes, O_CLOEXEC));
	write_program(*state, "exec sleep 60");
	assert_ok(streamer_process_start(&child, plain));
	assert_ok(close(pipes[0]));
	assert_false(streamer_process_wait_output(&child, pipes[1]));
	streamer_process_done(&child);
	assert_ok(close(pipes[1]));
}

static void a_killed_child_is_told_apart_from_a_failed_one(void **state)
{
	struct streamer_process child = STREAMER_PROCESS_NULL;

	write_program(*state, "kill -9 $$");
	assert_ok(streamer_process_start(&child, plain));
	assert_int_equal(streamer_process_wait(&child), 128 + SIGKILL);
	streamer_process_done(&child);
}

static void who_gives_up_leaves_no_child_behind(void **state)
{
	struct streamer_process child = STREAMER_PROCESS_NULL;
	pid_t pid;

	write_program(*state, "echo ready; exec sleep 60");
	assert_ok(streamer_process_start(&child, plain));
	read_line(&child, "ready");
	pid = child.pid;
	streamer_process_done(&child);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(errno, ESRCH);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(its_output_arguments_and_status_are_its_own),
		TEST(our_options_stand_before_the_users),
		TEST(what_cannot_be_started_is_a_sentence),
		TEST(a_missing_program_is_told_apart),
		TEST(a_program_that_cannot_run_is_told_apart),
		TEST(a_signal_somebody_sent_us_is_passed_on),
		TEST(a_terminal_that_closes_ends_the_child),
		TEST(our_blocked_and_ignored_signals_are_not_inherited),
		TEST(a_reader_that_has_gone_is_noticed_while_nothing_comes),
		TEST(a_killed_child_is_told_apart_from_a_failed_one),
		TEST(who_gives_up_leaves_no_child_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
