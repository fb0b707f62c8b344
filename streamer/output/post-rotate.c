/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/output/post-rotate.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "proto/base/util.h"

#define SCRIPT_MAX (4096 + 8)
#define ENVIRONMENT_MAX 8
#define VARIABLE_MAX 512
#define CHANNEL 3

/* What the other process knows from the start. */
struct helper {
	char script[SCRIPT_MAX];
	const char *folder;
	char variables[ENVIRONMENT_MAX][VARIABLE_MAX];
	char *environment[ENVIRONMENT_MAX + 1];
	int signals;
};

static int spawn_command(char *const argv[], char *const environment[])
{
	_cleanup_(posix_spawnattr_destroy) posix_spawnattr_t attr;
	_cleanup_(posix_spawn_file_actions_destroy) posix_spawn_file_actions_t actions;
	sigset_t none, defaults;
	pid_t pid;
	int r;

	(void)posix_spawnattr_init(&attr);
	(void)posix_spawn_file_actions_init(&actions);
	/* what we block and ignore would be inherited */
	(void)sigemptyset(&none);
	(void)sigemptyset(&defaults);
	(void)sigaddset(&defaults, SIGPIPE);
	(void)sigaddset(&defaults, SIGXFSZ);
	(void)posix_spawnattr_setsigmask(&attr, &none);
	(void)posix_spawnattr_setsigdefault(&attr, &defaults);
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	r = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (!r)
		r = posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
	return r ? -r : -posix_spawn(&pid, "/bin/sh", &actions, &attr, argv, environment);
}

/* Variables that tell a command who and where it is, and none that tells it what to load or do. */
static void make_environment(struct helper *helper)
{
	static const char *const kept[] = {"HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ"};
	unsigned n = 1;

	helper->environment[0] =
		strcpy(helper->variables[0],
		       "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		const char *value = getenv(kept[i]);
		int length = !value ? -1
				    : snprintf(helper->variables[n], VARIABLE_MAX, "%s=%s", kept[i],
					       value);

		if (length < 0 || length >= VARIABLE_MAX)
			continue;
		helper->environment[n] = helper->variables[n];
		n++;
	}
	helper->environment[n] = NULL;
}

static void send_result(int result)
{
	(void)send(CHANNEL, &result, sizeof(result), MSG_NOSIGNAL);
}

/* Returns whether there may be more to come. */
static bool serve_request(struct helper *helper)
{
	char name[NAME_MAX + 1], path[PATH_MAX];
	char *const argv[] = {(char[]){"sh"}, (char[]){"-c"}, helper->script,
			      (char[]){"sh"}, path,           NULL};
	ssize_t n = recv(CHANNEL, name, sizeof(name) - 1, 0);
	int r, length;

	if (n <= 0)
		return n < 0 && errno == EINTR;
	name[n] = '\0';
	length = snprintf(path, sizeof(path), "%s%s", helper->folder, name);
	r = length < 0 || (size_t)length >= sizeof(path) || strchr(name, '/')
		    ? -EINVAL
		    : spawn_command(argv, helper->environment);
	if (r)
		send_result(r);
	return true;
}

static void serve_children(struct helper *helper)
{
	struct signalfd_siginfo info;
	int status;

	(void)!read(helper->signals, &info, sizeof(info));
	while (waitpid(-1, &status, WNOHANG) > 0)
		send_result(status);
}

/* Until the streamer has ended: what asks that to end does not end this one first. */
static int block_signals(void)
{
	sigset_t set, child;

	(void)sigfillset(&set);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)sigemptyset(&child);
	(void)sigaddset(&child, SIGCHLD);
	return signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
}

static _Noreturn void run(struct helper *helper, int channel)
{
	struct pollfd fds[2] = {{.fd = CHANNEL, .events = POLLIN}, {.events = POLLIN}};

	if (dup3(channel, CHANNEL, O_CLOEXEC) < 0 && channel != CHANNEL)
		_exit(EXIT_FAILURE);
	(void)close_range(CHANNEL + 1, ~0u, 0);
	(void)prctl(PR_SET_NAME, "rs-post-rotate", 0, 0, 0);
	fds[1].fd = helper->signals = block_signals();
	for (;;) {
		if (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno != EINTR)
			_exit(EXIT_FAILURE);
		if (fds[1].revents)
			serve_children(helper);
		if (fds[0].revents && !serve_request(helper))
			_exit(EXIT_SUCCESS);
	}
}

int commands_begin(struct commands *commands, const char *command, const char *folder)
{
	struct helper helper = {.folder = folder};
	int n = snprintf(helper.script, sizeof(helper.script), "%s \"$@\"", command), pair[2];
	pid_t pid;

	if (n < 0 || (size_t)n >= sizeof(helper.script))
		return -ENAMETOOLONG;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	make_environment(&helper);
	pid = fork();
	if (!pid)
		run(&helper, pair[1]);
	(void)close(pair[1]);
	if (pid < 0) {
		int r = -errno;

		(void)close(pair[0]);
		return r;
	}
	*commands = (struct commands){.fd = pair[0]};
	return 0;
}

void commands_end(struct commands *commands)
{
	util_closep(&commands->fd);
	*commands = (struct commands){.fd = -1};
}

int commands_start(struct commands *commands, const char *name)
{
	if (commands->fd < 0)
		return -ESRCH;
	if (commands->n == COMMANDS_MAX)
		return -EAGAIN;
	if (send(commands->fd, name, strlen(name), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return -errno;
	commands->n++;
	return 0;
}

int commands_reap(struct commands *commands, int *ret)
{
	ssize_t n = commands->fd < 0 ? -1 : recv(commands->fd, ret, sizeof(*ret), MSG_DONTWAIT);

	if (n == sizeof(*ret)) {
		commands->n -= commands->n > 0;
		return 0;
	}
	if (n < 0)
		return -ECHILD;
	/* somebody has ended it, and what it ran is nobody's now */
	commands_end(commands);
	*ret = -ESRCH;
	return 0;
}
