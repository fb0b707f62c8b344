/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets that a service manager has opened (sd_listen_fds(3)): three variables, and descriptors
 * from 3 on. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "consumer/serve/listen.h"
#include "proto/base/units.h"
#include "proto/base/util.h"

#define FIRST_FD 3 /* SD_LISTEN_FDS_START */
#define FDS_MOST 1000u

/* 0: it is not there, or no number. */
static uint64_t read_number(const char *name)
{
	const char *text = getenv(name), *end;
	uint64_t n = 0;

	end = text ? units_number(text, INT32_MAX, &n) : NULL;
	return end && !*end ? n : 0;
}

static unsigned count_given(void)
{
	const uint64_t n = read_number("LISTEN_FDS");
	const bool ours = read_number("LISTEN_PID") == (uint64_t)getpid();

	(void)unsetenv("LISTEN_FDS");
	(void)unsetenv("LISTEN_PID");
	(void)unsetenv("LISTEN_FDNAMES");
	return ours ? (unsigned)min_u64(n, FDS_MOST) : 0;
}

static bool is_listening(int fd)
{
	int type = 0, on = 0;
	socklen_t size = sizeof(type);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0)
		return false;
	size = sizeof(on);
	return type == SOCK_STREAM && !getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &size) && on;
}

unsigned listen_given(int fds[LISTEN_GIVEN_MAX])
{
	const unsigned n = count_given();

	for (unsigned i = 0; i < n; i++)
		(void)fcntl(FIRST_FD + (int)i, F_SETFD, FD_CLOEXEC);
	for (unsigned i = 0; i < n && i < LISTEN_GIVEN_MAX; i++)
		fds[i] = FIRST_FD + (int)i;
	return n;
}

int listen_take(int fd, char path[LISTEN_PATH], struct listen_socket *ret)
{
	struct sockaddr_un address = {0};
	socklen_t size = sizeof(address);

	*ret = (struct listen_socket){.fd = fd};
	if (!is_listening(fd) || getsockname(fd, (void *)&address, &size) < 0)
		return -EINVAL;
	if (address.sun_family == AF_INET || address.sun_family == AF_INET6)
		return listen_adopt(ret);
	if (address.sun_family != AF_UNIX)
		return -EINVAL;
	/* @: of the abstract ones, which whoever is in the network namespace reaches */
	if (size <= offsetof(struct sockaddr_un, sun_path) || !address.sun_path[0])
		return -EINVAL;
	(void)snprintf(path, LISTEN_PATH, "%.*s", (int)sizeof(address.sun_path), address.sun_path);
	ret->path = path;
	return 0;
}
