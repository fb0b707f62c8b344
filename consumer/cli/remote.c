/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/cli/remote.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

#include "consumer/cli/helper-program.h"
#include "proto/base/util.h"

#define PROGRAM "ringside-from-nats"

bool remote_is(const char *path)
{
	return !strncmp(path, "nats://", 7) || !strncmp(path, "tls://", 6);
}

static void spawn_actions_done(posix_spawn_file_actions_t *actions)
{
	(void)posix_spawn_file_actions_destroy(actions);
}

static int spawn(pid_t *ret, int out, char *const argv[])
{
	_cleanup_(spawn_actions_done) posix_spawn_file_actions_t actions;
	char path[PATH_MAX];
	int r;

	if (!helper_program_find(PROGRAM, path))
		return -ENOENT;
	(void)posix_spawn_file_actions_init(&actions);
	r = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (!r)
		r = posix_spawn(ret, path, &actions, NULL, argv, environ);
	return -r;
}

int remote_start(struct remote *remote, const char *url, const char *const *args)
{
	_cleanup_close_ int out = -1, in = -1;
	const char *argv[REMOTE_ARGS + 3] = {PROGRAM};
	size_t n = 1;
	int pipes[2], r;

	for (; args && *args && n < REMOTE_ARGS; args++)
		argv[n++] = *args;
	argv[n] = url;
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return -errno;
	out = pipes[0];
	in = pipes[1];
	/* posix_spawn's type; it does not write to them */
	r = spawn(&remote->pid, in, (char *const *)(uintptr_t)argv);
	if (!r)
		remote->out = TAKE_FD(out);
	else
		remote->pid = 0;
	return r;
}

bool remote_is_stream(const char *path)
{
	return remote_is(path) && strchr(path, '?');
}

int remote_numbers(const char *url, const char *const *args, uint64_t *ret_first,
		   uint64_t *ret_last)
{
	struct remote remote = {0};
	FILE *f;
	int n = 0, r = remote_start(&remote, url, args);

	if (r)
		return r;
	f = fdopen(remote.out, "r");
	if (f) {
		n = fscanf(f, "%" SCNu64 " %" SCNu64, ret_first, ret_last);
		(void)fclose(f);
	}
	return remote_end(&remote) && n == 2 ? 0 : -EREMOTEIO;
}

int remote_list(const char *url, char ***ret)
{
	const char *const args[] = {"--list", NULL};
	struct remote remote = {0};
	char *line = NULL;
	size_t n = 0, room = 0, size = 0;
	FILE *f;
	int r = remote_start(&remote, url, args);

	if (r)
		return r;
	f = fdopen(remote.out, "r");
	*ret = NULL;
	while (f && getline(&line, &size, f) > 0 && !r) {
		line[strcspn(line, "\n")] = '\0';
		r = GROW(*ret, n + 1, &room);
		if (!r)
			(*ret)[n++] = TAKE_PTR(line);
	}
	free(line);
	if (f)
		(void)fclose(f);
	if (!remote_end(&remote) && !r)
		r = -EREMOTEIO;
	if (!r)
		r = GROW(*ret, n, &room);
	if (!r)
		(*ret)[n] = NULL;
	return r;
}

bool remote_end(struct remote *remote)
{
	int status = 0;

	if (remote->pid <= 0)
		return true;
	while (waitpid(remote->pid, &status, 0) < 0 && errno == EINTR)
		;
	remote->pid = 0;
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

void remote_stop(struct remote *remote)
{
	if (remote->pid <= 0)
		return;
	(void)kill(remote->pid, SIGTERM);
	(void)remote_end(remote);
}
