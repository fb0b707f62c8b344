/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

#include "command.h"
#include "util.h"

static void attr_done(posix_spawnattr_t *attr)
{
	(void)posix_spawnattr_destroy(attr);
}

static void actions_done(posix_spawn_file_actions_t *actions)
{
	(void)posix_spawn_file_actions_destroy(actions);
}

static int spawn(pid_t *ret, char *const argv[])
{
	_cleanup_(attr_done) posix_spawnattr_t attr;
	_cleanup_(actions_done) posix_spawn_file_actions_t actions;
	sigset_t none, defaults;
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
	return r ? -r : -posix_spawn(ret, "/bin/sh", &actions, &attr, argv, environ);
}

int commands_start(struct commands *commands, const char *command, const char *file)
{
	char script[4096 + 8];
	char *const argv[] = {(char[]){"sh"}, (char[]){"-c"},          script,
			      (char[]){"sh"}, (char *)(uintptr_t)file, NULL};
	int n = snprintf(script, sizeof(script), "%s \"$@\"", command), r;

	if (n < 0 || (size_t)n >= sizeof(script))
		return -ENAMETOOLONG;
	if (commands->n == COMMANDS_MAX)
		return -EAGAIN;
	r = spawn(&commands->running[commands->n], argv);
	commands->n += !r;
	return r;
}

int commands_reap(struct commands *commands, int *ret)
{
	*ret = 0;
	for (unsigned i = 0; i < commands->n; i++) {
		if (!waitpid(commands->running[i], ret, WNOHANG))
			continue;
		commands->running[i] = commands->running[--commands->n];
		return 0;
	}
	return -ECHILD;
}
