/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "streamer/output/sink.h"
#include "tests/lib/records.h"

static void sink_freep(struct sink **sink)
{
	(void)sink_free(*sink);
}
#define _cleanup_sink_ _cleanup_(sink_freep)

static void write_file(const char *path, const void *data, size_t size)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_ok(write_all(fd, data, size));
}

static void assert_file(const char *path, const char *want)
{
	_cleanup_close_ int fd = open(path, O_RDONLY);
	char got[256];
	ssize_t n = read_full(fd, got, sizeof(got));

	assert_int_equal(n, strlen(want));
	assert_memory_equal(got, want, strlen(want));
}

/* What sink_open says about @config, and that it names what helps. */
static void assert_refused(const struct sink_config *config, int code, const char *hint)
{
	struct sink *sink = NULL;
	char error[512] = "";

	assert_int_equal(sink_open(&sink, config, error, sizeof(error)), code);
	assert_null(sink);
	if (!strstr(error, hint))
		fail_msg("\"%s\" does not say \"%s\"", error, hint);
}

static struct sink *open_sink(const struct sink_config *config)
{
	struct sink *sink = NULL;
	char error[512] = "";

	if (sink_open(&sink, config, error, sizeof(error)) < 0)
		fail_msg("%s", error);
	return sink;
}

static void a_new_file_is_made_for_owner_and_group(void **state)
{
	struct folder_path path = in_folder(state, "x.pb");
	mode_t mask = umask(0);
	_cleanup_sink_ struct sink *sink = open_sink(&(struct sink_config){.path = path.s});
	struct stat st;

	(void)umask(mask);
	assert_ok(stat(path.s, &st));
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(sink_write(sink, "abc", 3), 3);
	assert_ok(sink_sync(sink));
	assert_file(path.s, "abc");
	assert_string_equal(sink->name, path.s);
}

/* Nothing could be attached, say. */
static void a_file_that_got_nothing_goes_again(void **state)
{
	struct folder_path path = in_folder(state, "x.pb");
	struct sink *sink = open_sink(&(struct sink_config){.path = path.s});

	assert_ok(access(path.s, F_OK));
	(void)sink_free(sink);
	assert_int_equal(access(path.s, F_OK), -1);
	/* one that was there stays, and so does what somebody has put in its place */
	write_file(path.s, "", 0);
	(void)sink_free(open_sink(&(struct sink_config){.path = path.s}));
	assert_file(path.s, "");
	assert_ok(unlink(path.s));
	sink = open_sink(&(struct sink_config){.path = path.s});
	assert_ok(unlink(path.s));
	write_file(path.s, "", 0);
	(void)sink_free(sink);
	assert_file(path.s, "");
}

static void a_file_that_is_not_empty_is_refused(void **state)
{
	struct folder_path path = in_folder(state, "x.pb");

	write_file(path.s, "old", 3);
	assert_refused(&(struct sink_config){.path = path.s}, -EEXIST, "--append, --force");
	assert_file(path.s, "old");
}

static void force_replaces_only_with_the_first_write(void **state)
{
	struct folder_path path = in_folder(state, "x.pb");
	_cleanup_sink_ struct sink *sink = NULL;

	write_file(path.s, "old content", 11);
	sink = open_sink(&(struct sink_config){.path = path.s, .force = true});
	assert_file(path.s, "old content");
	assert_int_equal(sink_write(sink, "new", 3), 3);
	assert_file(path.s, "new");
}

/* A Header with nothing but the magic, and a Clock without anything. */
static const char recording[] = "\x0c\x0a\x0a\x0a\x08RINGSIDE\x02\x42\x00";
#define RECORDING_SIZE (sizeof(recording) - 1)

static void append_goes_behind_what_is_there(void **state)
{
	struct folder_path path = in_folder(state, "x.pb");
	_cleanup_sink_ struct sink *sink = NULL;
	struct stat st;

	write_file(path.s, recording, RECORDING_SIZE);
	sink = open_sink(&(struct sink_config){.path = path.s, .append = true});
	assert_int_equal(sink_write(sink, "abcdef", 6), 6);
	assert_ok(sink_cut(sink, 3));
	assert_int_equal(sink_write(sink, "xyz", 3), 3);
	assert_ok(stat(path.s, &st));
	assert_int_equal(st.st_size, RECORDING_SIZE + 6);
}

static void append_needs_a_recording_of_whole_records(void **state)
{
	struct folder_path path = in_folder(state, "x.pb");
	const struct sink_config config = {.path = path.s, .append = true};
	struct stat st;

	write_file(path.s, "a shopping list", 15);
	assert_refused(&config, -EINVAL, "is not a recording");
	for (size_t cut = 1; cut < 3; cut++) {
		_cleanup_sink_ struct sink *sink = NULL;

		/* as a streamer leaves it that was killed */
		write_file(path.s, recording, RECORDING_SIZE - cut);
		sink = open_sink(&config);
		assert_true(strstr(sink->mended, "a record at its end was removed"));
		assert_int_equal(sink_write(sink, recording, RECORDING_SIZE), RECORDING_SIZE);
		assert_ok(stat(path.s, &st));
		assert_int_equal(st.st_size, 13 + RECORDING_SIZE);
	}
	for (size_t size = 1; size < 13; size++) {
		write_file(path.s, recording, size);
		assert_refused(&config, -EINVAL, "is not a recording");
	}
	/* a length that never ends, and one beyond all files */
	write_file(path.s,
		   "\x0c\x0a\x0a\x0a\x08RINGSIDE\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 24);
	assert_refused(&config, -EBADMSG, "truncate -s 13 ");
	write_file(path.s, "\x0c\x0a\x0a\x0a\x08RINGSIDE\xff\xff\xff\xff\xff\xff\xff\xff\x7f!", 23);
	assert_refused(&config, -EBADMSG, "truncate -s 13 ");
}

static void one_file_has_one_writer(void **state)
{
	struct folder_path path = in_folder(state, "x.pb");
	_cleanup_sink_ struct sink *sink = open_sink(&(struct sink_config){.path = path.s});

	assert_refused(&(struct sink_config){.path = path.s, .force = true}, -EBUSY,
		       "written by another process");
}

static void links_and_missing_folders_are_refused(void **state)
{
	struct folder_path file = in_folder(state, "x.pb"), link = in_folder(state, "link"),
			   deep = in_folder(state, "no/x.pb");

	assert_ok(symlink(file.s, link.s));
	assert_refused(&(struct sink_config){.path = link.s}, -ELOOP, "symbolic link");
	assert_refused(&(struct sink_config){.path = deep.s}, -ENOENT, "No such file");
}

static void a_terminal_is_refused_unless_forced(void **state)
{
	_cleanup_close_ int master = posix_openpt(O_RDWR | O_NOCTTY);
	_cleanup_sink_ struct sink *sink = NULL;
	char name[64], got[8];

	assert_true(master >= 0);
	assert_ok(grantpt(master));
	assert_ok(unlockpt(master));
	assert_ok(ptsname_r(master, name, sizeof(name)));
	assert_refused(&(struct sink_config){.path = name}, -ENOTTY, "ringside live");
	sink = open_sink(&(struct sink_config){.path = name, .force = true});
	assert_int_equal(sink_write(sink, "abc", 3), 3);
	assert_int_equal(read(master, got, sizeof(got)), 3);
}

/* stdout as it is while @fd stands in its place. */
struct stand_in {
	int saved;
};

static struct stand_in stdout_becomes(int fd)
{
	struct stand_in s = {.saved = dup(STDOUT_FILENO)};

	(void)fflush(stdout);
	assert_true(s.saved >= 0);
	assert_int_equal(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
	return s;
}

static void stand_in_done(struct stand_in *s)
{
	(void)dup2(s->saved, STDOUT_FILENO);
	(void)close(s->saved);
}
#define _cleanup_stand_in_ _cleanup_(stand_in_done)

static void a_full_pipe_takes_no_more_and_never_blocks(void **state)
{
	_cleanup_sink_ struct sink *sink = NULL;
	static char block[65536], got[65536];
	int fds[2];
	ssize_t n, total = 0;

	assert_ok(pipe(fds));
	{
		_cleanup_stand_in_ struct stand_in s = stdout_becomes(fds[1]);

		sink = open_sink(&(struct sink_config){.path = "-"});
	}
	while ((n = sink_write(sink, block, sizeof(block))) > 0)
		total += n;
	assert_int_equal(n, 0);
	assert_int_equal(total, 65536);
	/* nobody else's writes have become non-blocking */
	assert_int_equal(fcntl(fds[1], F_GETFL) & O_NONBLOCK, 0);
	assert_int_equal(read(fds[0], got, sizeof(got)), 65536);
	assert_int_equal(sink_write(sink, block, 100), 100);
	assert_int_equal(sink_cut(sink, 0), -ESPIPE);
	(void)close(fds[0]);
	(void)close(fds[1]);
}

static void a_closed_pipe_says_so(void **state)
{
	_cleanup_sink_ struct sink *sink = NULL;
	struct pollfd p = {.events = 0};
	int fds[2];

	(void)signal(SIGPIPE, SIG_IGN);
	assert_ok(pipe(fds));
	{
		_cleanup_stand_in_ struct stand_in s = stdout_becomes(fds[1]);

		sink = open_sink(&(struct sink_config){.path = "-"});
	}
	(void)close(fds[0]);
	(void)close(fds[1]);
	assert_int_equal(sink_write(sink, "abc", 3), -EPIPE);
	p.fd = sink->fd;
	assert_int_equal(poll(&p, 1, 0), 1);
	assert_true(p.revents & POLLERR);
}

static void a_socket_takes_what_fits_and_never_blocks(void **state)
{
	static char block[1024 * 1024];
	int fds[2], flags;
	ssize_t n, first;

	assert_ok(socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	{
		_cleanup_stand_in_ struct stand_in s = stdout_becomes(fds[1]);
		_cleanup_sink_ struct sink *sink = open_sink(&(struct sink_config){.path = "-"});

		first = sink_write(sink, block, sizeof(block));
		while ((n = sink_write(sink, block, sizeof(block))) > 0)
			;
		flags = fcntl(STDOUT_FILENO, F_GETFL);
	}
	assert_true(first > 0);
	assert_int_equal(n, 0);
	assert_int_equal(flags & O_NONBLOCK, 0);
	(void)close(fds[0]);
	{
		_cleanup_stand_in_ struct stand_in s = stdout_becomes(fds[1]);
		_cleanup_sink_ struct sink *sink = open_sink(&(struct sink_config){.path = "-"});

		n = sink_write(sink, block, 1);
	}
	(void)close(fds[1]);
	assert_int_equal(n, -EPIPE);
}

static void a_redirected_stdout_keeps_its_place(void **state)
{
	struct folder_path path = in_folder(state, "x");
	int fd = open(path.s, O_RDWR | O_CREAT, 0600), r;
	ssize_t n;

	assert_int_equal(write(fd, "before ", 7), 7);
	{
		_cleanup_stand_in_ struct stand_in s = stdout_becomes(fd);
		_cleanup_sink_ struct sink *sink = open_sink(&(struct sink_config){.path = "-"});

		n = sink_write(sink, "whole torn", 10);
		r = sink_cut(sink, 6);
	}
	assert_int_equal(n, 10);
	assert_ok(r);
	assert_int_equal(write(fd, "after", 5), 5);
	(void)close(fd);
	assert_file(path.s, "before whole after");
}

static void what_others_wrote_is_not_cut(void **state)
{
	struct folder_path path = in_folder(state, "x");
	_cleanup_sink_ struct sink *sink = open_sink(&(struct sink_config){.path = path.s});
	_cleanup_close_ int other = open(path.s, O_WRONLY | O_APPEND);

	assert_int_equal(sink_write(sink, "abc", 3), 3);
	assert_int_equal(write(other, "def", 3), 3);
	assert_int_equal(sink_cut(sink, 1), -EBUSY);
	assert_file(path.s, "abcdef");
}

static void a_full_disk_is_an_error(void **state)
{
	_cleanup_sink_ struct sink *sink = open_sink(&(struct sink_config){.path = "/dev/full"});

	assert_int_equal(sink_write(sink, "abc", 3), -ENOSPC);
}

static void a_stdout_not_open_for_writing_is_refused(void **state)
{
	struct sink *sink = NULL;
	char error[256] = "";
	int null = open("/dev/null", O_RDONLY), r;
	{
		_cleanup_stand_in_ struct stand_in s = stdout_becomes(null);

		r = sink_open(&sink, &(struct sink_config){.path = "-"}, error, sizeof(error));
	}
	(void)close(null);
	assert_int_equal(r, -EBADF);
	assert_non_null(strstr(error, "-w FILE"));
}

static void a_named_pipe_does_not_block_either(void **state)
{
	struct folder_path path = in_folder(state, "fifo");
	_cleanup_close_ int reader = -1;
	_cleanup_sink_ struct sink *sink = NULL;
	static char block[65536];

	assert_ok(mkfifo(path.s, 0600));
	reader = open(path.s, O_RDONLY | O_NONBLOCK);
	sink = open_sink(&(struct sink_config){.path = path.s});
	assert_int_equal(sink_write(sink, block, sizeof(block)), 65536);
	assert_int_equal(sink_write(sink, block, sizeof(block)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_in_folder(a_new_file_is_made_for_owner_and_group),
		test_in_folder(a_file_that_got_nothing_goes_again),
		test_in_folder(a_file_that_is_not_empty_is_refused),
		test_in_folder(force_replaces_only_with_the_first_write),
		test_in_folder(append_goes_behind_what_is_there),
		test_in_folder(append_needs_a_recording_of_whole_records),
		test_in_folder(one_file_has_one_writer),
		test_in_folder(links_and_missing_folders_are_refused),
		cmocka_unit_test(a_terminal_is_refused_unless_forced),
		cmocka_unit_test(a_full_pipe_takes_no_more_and_never_blocks),
		cmocka_unit_test(a_closed_pipe_says_so),
		cmocka_unit_test(a_socket_takes_what_fits_and_never_blocks),
		test_in_folder(a_redirected_stdout_keeps_its_place),
		test_in_folder(what_others_wrote_is_not_cut),
		cmocka_unit_test(a_full_disk_is_an_error),
		cmocka_unit_test(a_stdout_not_open_for_writing_is_refused),
		test_in_folder(a_named_pipe_does_not_block_either),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
