/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/service/stored-fds.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/units.h"
#include "proto/base/util.h"

#define FIRST_FD 3 /* SD_LISTEN_FDS_START */
#define FDS_MOST 65536u

/* -1: it is not a number. */
static int64_t read_number(const char *name)
{
	const char *text = getenv(name), *end;
	uint64_t n;

	end = text ? units_number(text, INT32_MAX, &n) : NULL;
	return end && !*end ? (int64_t)n : -1;
}

/* The name that @names begins with, to @ret; returns where the next one begins. */
static const char *take_name(const char *names, char *ret, size_t size)
{
	const size_t n = strcspn(names, ":");

	(void)snprintf(ret, size, "%.*s", (int)n, names);
	return names + n + (names[n] == ':');
}

static void take_fd(struct stored_fds *fds, int fd, const char **names)
{
	struct stored_fd *one = &fds->all[fds->n];
	const int flags = fcntl(fd, F_GETFD);

	if (flags < 0 || fds->n == STORED_FDS_MAX) {
		if (flags >= 0)
			(void)close(fd);
		return;
	}
	(void)fcntl(fd, F_SETFD, flags | FD_CLOEXEC);
	*names = take_name(*names, one->name, sizeof(one->name));
	one->fd = fd;
	fds->n++;
}

void stored_fds_find(struct stored_fds *ret)
{
	const int64_t n = read_number("LISTEN_FDS"), pid = read_number("LISTEN_PID");
	const char *names = getenv("LISTEN_FDNAMES");

	ret->n = 0;
	if (n > 0 && n <= FDS_MOST && pid == getpid()) {
		names = names ? names : "";
		for (int fd = FIRST_FD; fd < FIRST_FD + n; fd++)
			take_fd(ret, fd, &names);
	}
	(void)unsetenv("LISTEN_FDS");
	(void)unsetenv("LISTEN_PID");
	(void)unsetenv("LISTEN_FDNAMES");
}

void stored_fds_done(struct stored_fds *fds)
{
	for (size_t i = 0; i < fds->n; i++)
		(void)close(fds->all[i].fd);
	fds->n = 0;
}

int stored_fds_get(const struct stored_fds *fds, const char *name)
{
	for (size_t i = 0; i < fds->n; i++)
		if (!strcmp(fds->all[i].name, name))
			return fds->all[i].fd;
	return -1;
}
