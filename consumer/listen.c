/* SPDX-License-Identifier: Apache-2.0 */
#include "listen.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "util.h"

#define BACKLOG 4096 /* and no more than net.core.somaxconn: who finds no room waits a second */
#define HOST_SIZE 256

/* Whether somebody answers there. */
static bool is_served(const struct sockaddr_un *address)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd >= 0 &&
	       (connect(fd, (const void *)address, sizeof(*address)) == 0 || errno != ECONNREFUSED);
}

static int listen_unix(const char *path, int *ret)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	_cleanup_close_ int fd = -1;
	struct stat st;

	if (!*path || strlen(path) >= sizeof(address.sun_path))
		return *path ? -ENAMETOOLONG : -EINVAL;
	strcpy(address.sun_path, path);
	if (lstat(path, &st) == 0) {
		if (!S_ISSOCK(st.st_mode) || is_served(&address))
			return -EADDRINUSE;
		(void)unlink(path);
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* the file has this mode from the beginning, but for what the umask takes */
	if (fd < 0 || fchmod(fd, 0660) < 0 ||
	    bind(fd, (const void *)&address, sizeof(address)) < 0 || chmod(path, 0660) < 0 ||
	    listen(fd, BACKLOG) < 0)
		return -errno;
	*ret = TAKE_FD(fd);
	return 0;
}

static int bind_one(const struct addrinfo *info, int *ret)
{
	_cleanup_close_ int fd =
		socket(info->ai_family, info->ai_socktype | SOCK_CLOEXEC, info->ai_protocol);
	const int on = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, info->ai_addr, info->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0)
		return -errno;
	*ret = TAKE_FD(fd);
	return 0;
}

/* getaddrinfo(3) takes larger numbers, and keeps their lower 16 bits. */
static bool is_port(const char *text)
{
	const size_t size = strspn(text, "0123456789");

	return size && size <= 5 && !text[size] && atoi(text) > 0 && atoi(text) <= UINT16_MAX;
}

static int listen_tcp(const char *host, const char *port, int *ret)
{
	const struct addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
	};
	struct addrinfo *all;
	int r;

	if (!is_port(port))
		return -EINVAL;
	r = getaddrinfo(host, port, &hints, &all);
	if (r)
		return r == EAI_SYSTEM ? -errno : -EINVAL;
	r = -EINVAL;
	for (const struct addrinfo *one = all; r && one; one = one->ai_next)
		r = bind_one(one, ret);
	freeaddrinfo(all);
	return r;
}

int listen_on(const char *address, int *ret, const char **ret_unix)
{
	char buf[HOST_SIZE], *host = buf, *colon;

	*ret_unix = NULL;
	if (!strncmp(address, "unix:", 5)) {
		*ret_unix = address + 5;
		return listen_unix(address + 5, ret);
	}
	if (snprintf(buf, sizeof(buf), "%s", address) >= (int)sizeof(buf))
		return -EINVAL;
	colon = strrchr(buf, ':');
	if (!colon)
		return listen_tcp("127.0.0.1", buf, ret);
	*colon = '\0';
	if (*host == '[' && colon > buf && colon[-1] == ']') {
		colon[-1] = '\0';
		host++;
	}
	return listen_tcp(*host ? host : "127.0.0.1", colon + 1, ret);
}
