/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/compile/compiler.h"

#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "proto/base/util.h"

/* 10 is the first that can record how fields are accessed (preserve_access_index). */
#define OLDEST 10
#define NEWEST 40

static bool find_in(char *ret, const char *folder, size_t length, int version)
{
	int n;

	if (version)
		n = snprintf(ret, COMPILER_PATH_MAX, "%.*s/clang-%d", (int)length, folder, version);
	else
		n = snprintf(ret, COMPILER_PATH_MAX, "%.*s/clang", (int)length, folder);
	return length && n > 0 && (size_t)n < COMPILER_PATH_MAX && !access(ret, X_OK);
}

static bool find_version(char *ret, const char *path, int version)
{
	while (*path) {
		size_t length = strcspn(path, ":");

		if (find_in(ret, path, length, version))
			return true;
		path += length + (path[length] == ':');
	}
	return false;
}

/* Plain "clang" is the one the machine's owner has chosen. */
int compiler_find(char ret[COMPILER_PATH_MAX], const char *path)
{
	if (find_version(ret, path, 0))
		return 0;
	for (int version = NEWEST; version >= OLDEST; version--)
		if (find_version(ret, path, version))
			return 0;
	return -ENOENT;
}

static int make_memory(const char *name, const void *data, size_t size)
{
	_cleanup_close_ int fd = memfd_create(name, MFD_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	r = write_all(fd, data, size);
	if (r)
		return r;
	return lseek(fd, 0, SEEK_SET) ? -errno : TAKE_FD(fd);
}

/* With an environment of our own: CPATH and others would change what is compiled. */
static int spawn_clang(struct compiler_run *run, char *const argv[])
{
	char *const environment[] = {
		(char[]){"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
		(char[]){"LC_ALL=C"},
		NULL,
	};
	_cleanup_(posix_spawn_file_actions_destroy) posix_spawn_file_actions_t actions;
	int r;

	(void)posix_spawn_file_actions_init(&actions);
	r = posix_spawn_file_actions_adddup2(&actions, run->in, STDIN_FILENO);
	if (!r)
		r = posix_spawn_file_actions_adddup2(&actions, run->out, STDOUT_FILENO);
	if (!r)
		r = posix_spawn_file_actions_adddup2(&actions, run->messages, STDERR_FILENO);
	return -(r ? r : posix_spawn(&run->pid, argv[0], &actions, NULL, argv, environment));
}

int compiler_start(struct compiler_run *run, const char *clang, const char *const args[],
		   const void *source, size_t source_size)
{
	char *argv[COMPILER_ARGS_MAX + 2] = {(char *)(uintptr_t)clang};
	size_t n = 1;
	int r;

	*run = COMPILER_RUN_NULL;
	while (args[n - 1] && n <= COMPILER_ARGS_MAX) {
		argv[n] = (char *)(uintptr_t)args[n - 1];
		n++;
	}
	if (args[n - 1])
		return -E2BIG;
	run->in = make_memory("ringside-source", source, source_size);
	run->out = make_memory("ringside-output", NULL, 0);
	run->messages = make_memory("ringside-messages", NULL, 0);
	if (run->in < 0 || run->out < 0 || run->messages < 0)
		r = -ENOMEM;
	else
		r = spawn_clang(run, argv);
	if (r) {
		run->pid = 0;
		compiler_run_done(run);
	}
	return r;
}

/* The first line that says "error: ", from there on. */
static void first_error(const struct compiler_run *run, char *error, size_t size)
{
	char text[4096];
	const char *at;
	ssize_t n = pread(run->messages, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	at = strstr(text, "error: ");
	at = at ? at + strlen("error: ") : text;
	if (n > 0)
		(void)snprintf(error, size, "%.*s", (int)strcspn(at, "\n"), at);
	else
		(void)snprintf(error, size, "it says nothing");
}

int compiler_finish(struct compiler_run *run, char *error, size_t size)
{
	int status;

	if (TEMP_FAILURE_RETRY(waitpid(run->pid, &status, 0)) < 0)
		return -errno;
	run->pid = 0;
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	if (WIFSIGNALED(status))
		(void)snprintf(error, size, "it was ended by signal %d%s", WTERMSIG(status),
			       WTERMSIG(status) == SIGKILL ? ": not enough memory?" : "");
	else
		first_error(run, error, size);
	return -ENOEXEC;
}

void compiler_run_done(struct compiler_run *run)
{
	if (run->pid > 0)
		(void)TEMP_FAILURE_RETRY(waitpid(run->pid, NULL, 0));
	util_closep(&run->in);
	util_closep(&run->out);
	util_closep(&run->messages);
	*run = COMPILER_RUN_NULL;
}
