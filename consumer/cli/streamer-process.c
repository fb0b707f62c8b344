/* SPDX-License-Identifier: Apache-2.0 */
/* Signals come through a signalfd, so there is no handler and no global state; posix_spawn
 * tells in the parent why a program could not be started. */
#include "consumer/cli/streamer-process.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "proto/base/util.h"

static void spawn_attr_done(posix_spawnattr_t *attr)
{
	(void)posix_spawnattr_destroy(attr);
}

static void spawn_actions_done(posix_spawn_file_actions_t *actions)
{
	(void)posix_spawn_file_actions_destroy(actions);
}

/* The streamer beside this program, as it is installed; or, from build/consumer/, where the
 * build leaves it. */
static bool beside_us(char *path, size_t size)
{
	static const char built[] = "/consumer/";
	ssize_t n = readlink("/proc/self/exe", path, size - 1);
	char *slash;

	if (n <= 0 || (size_t)n + sizeof("streamer/" STREAMER_PROCESS_PROGRAM) > size)
		return false;
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (!slash)
		return false;
	(void)strcpy(slash + 1, STREAMER_PROCESS_PROGRAM);
	if (access(path, X_OK) == 0)
		return true;
	slash -= sizeof(built) - 2;
	if (slash < path || strncmp(slash, built, sizeof(built) - 1) != 0)
		return false;
	(void)strcpy(slash, "/streamer/" STREAMER_PROCESS_PROGRAM);
	return access(path, X_OK) == 0;
}

static int spawn_streamer(pid_t *ret, int out, const sigset_t *mask, char *const argv[])
{
	_cleanup_(spawn_attr_done) posix_spawnattr_t attr;
	_cleanup_(spawn_actions_done) posix_spawn_file_actions_t actions;
	char path[PATH_MAX];
	sigset_t defaults;
	int r;

	(void)posix_spawnattr_init(&attr);
	(void)posix_spawn_file_actions_init(&actions);
	/* an ignored SIGPIPE and our blocked signals would be inherited */
	(void)sigemptyset(&defaults);
	(void)sigaddset(&defaults, SIGPIPE);
	(void)posix_spawnattr_setsigdefault(&attr, &defaults);
	(void)posix_spawnattr_setsigmask(&attr, mask);
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	r = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (r)
		return -r;
	if (beside_us(path, sizeof(path)))
		r = posix_spawn(ret, path, &actions, &attr, argv, environ);
	else
		r = posix_spawnp(ret, STREAMER_PROCESS_PROGRAM, &actions, &attr, argv, environ);
	return -r;
}

int streamer_process_start(struct streamer_process *child, char *const argv[])
{
	_cleanup_close_ int out = -1, in = -1, signals = -1;
	sigset_t ending, before;
	int pipes[2], r;

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return -errno;
	out = pipes[0];
	in = pipes[1];
	(void)sigemptyset(&ending);
	(void)sigaddset(&ending, SIGINT);
	(void)sigaddset(&ending, SIGTERM);
	(void)sigaddset(&ending, SIGHUP);
	signals = signalfd(-1, &ending, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0 || sigprocmask(SIG_BLOCK, &ending, &before) < 0)
		return -errno;
	r = spawn_streamer(&child->pid, in, &before, argv);
	if (r < 0) {
		child->pid = 0;
		(void)sigprocmask(SIG_SETMASK, &before, NULL);
		return r;
	}
	child->out = TAKE_FD(out);
	child->signals = TAKE_FD(signals);
	return 0;
}

int streamer_process_start_with(struct streamer_process *child, const char *const own[],
				char *const extra[], size_t n, char *error, size_t size)
{
	_cleanup_free_ char **argv = NULL;
	size_t n_own = 0;
	int r;

	while (own[n_own])
		n_own++;
	argv = calloc(n_own + n + 2, sizeof(*argv));
	if (!argv) {
		(void)snprintf(error, size, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	argv[0] = (char *)
		STREAMER_PROCESS_PROGRAM; /* posix_spawn's type; it does not write to them */
	for (size_t i = 0; i < n_own; i++)
		argv[1 + i] = (char *)own[i];
	for (size_t i = 0; i < n; i++)
		argv[1 + n_own + i] = extra[i];
	r = streamer_process_start(child, argv);
	if (r == -ENOENT)
		(void)snprintf(error, size,
			       "there is no " STREAMER_PROCESS_PROGRAM
			       " beside this program or in PATH: "
			       "install it, or add its folder to PATH");
	else if (r < 0)
		(void)snprintf(error, size, "cannot start " STREAMER_PROCESS_PROGRAM ": %s",
			       strerror(-r));
	return r;
}

void streamer_process_pass_signals(const struct streamer_process *child)
{
	struct signalfd_siginfo info;

	while (read(child->signals, &info, sizeof(info)) == sizeof(info)) {
		/* to a streamer a hangup means something else: a recording outlives its terminal */
		if (info.ssi_signo == SIGHUP)
			streamer_process_end(child);
		/* above 0, the kernel made it: the terminal's, for all of our process group */
		else if (info.ssi_code <= 0 && child->pid > 0)
			(void)kill(child->pid, (int)info.ssi_signo);
	}
}

bool streamer_process_wait_output(const struct streamer_process *child, int reader)
{
	struct pollfd fds[] = {
		{.fd = child->out, .events = POLLIN},
		{.fd = child->signals, .events = POLLIN},
		{.fd = reader}, /* a pipe without a reader is an error, whatever we ask for */
	};

	do {
		if (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno != EINTR)
			return true;
		if (fds[1].revents)
			streamer_process_pass_signals(child);
		if (fds[2].revents & POLLERR)
			return false;
	} while (!fds[0].revents);
	return true;
}

void streamer_process_end(const struct streamer_process *child)
{
	if (child->pid > 0)
		(void)kill(child->pid, SIGTERM);
}

int streamer_process_wait(struct streamer_process *child)
{
	int status;

	while (waitpid(child->pid, &status, 0) < 0)
		if (errno != EINTR)
			return 1;
	child->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void streamer_process_done(struct streamer_process *child)
{
	/* whoever writes to a closed pipe ends; the signal is for one that writes nothing */
	util_closep(&child->out);
	child->out = -1;
	if (child->pid > 0) {
		streamer_process_end(child);
		(void)streamer_process_wait(child);
	}
	util_closep(&child->signals);
	child->signals = -1;
}
