/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/serve/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "proto/base/util.h"

#define PEER_MILLISECONDS 30000
#define BACKLOG 4096 /* and no more than net.core.somaxconn: who finds no room waits a second */

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

/* A host that is gone answers nothing: what is sent to it fails after that, and not after a quarter
 * of an hour. Connections have it from the socket they came to. */
static int limit_silence(int fd)
{
	const unsigned timeout = PEER_MILLISECONDS;

	return setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof(timeout));
}

static int bind_one(const struct addrinfo *info, int *ret)
{
	_cleanup_close_ int fd =
		socket(info->ai_family, info->ai_socktype | SOCK_CLOEXEC, info->ai_protocol);
	const int on = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    limit_silence(fd) < 0 || bind(fd, info->ai_addr, info->ai_addrlen) < 0 ||
	    listen(fd, BACKLOG) < 0)
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

static bool is_loopback4(const struct in_addr *address)
{
	return ntohl(address->s_addr) >> 24 == IN_LOOPBACKNET;
}

static bool is_loopback6(const struct in6_addr *address)
{
	struct in_addr mapped;

	memcpy(&mapped, address->s6_addr + 12, sizeof(mapped));
	return IN6_IS_ADDR_LOOPBACK(address) ||
	       (IN6_IS_ADDR_V4MAPPED(address) && is_loopback4(&mapped));
}

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static bool is_on_loopback(int fd)
{
	union address address = {0};
	socklen_t size = sizeof(address);

	if (getsockname(fd, &address.any, &size) < 0)
		return false;
	return address.any.sa_family == AF_INET ? is_loopback4(&address.in.sin_addr)
						: is_loopback6(&address.in6.sin6_addr);
}

/* *ret_port: of "HOST:PORT", in @address; *host: without the brackets of an address of IPv6. */
static int split_address(const char *address, char host[LISTEN_HOST], const char **ret_port)
{
	const char *colon = strrchr(address, ':');
	size_t size = colon ? (size_t)(colon - address) : 0;

	*ret_port = colon ? colon + 1 : address;
	if (size > 1 && *address == '[' && address[size - 1] == ']') {
		address++;
		size -= 2;
	}
	if (size >= LISTEN_HOST)
		return -EINVAL;
	memcpy(host, address, size);
	host[size] = '\0';
	return 0;
}

int listen_on(const char *address, struct listen_socket *ret)
{
	const char *port;
	int r;

	*ret = (struct listen_socket){.fd = -1};
	if (!strncmp(address, "unix:", 5)) {
		ret->path = address + 5;
		return listen_unix(ret->path, &ret->fd);
	}
	r = split_address(address, ret->host, &port);
	if (!r)
		r = listen_tcp(*ret->host ? ret->host : "127.0.0.1", port, &ret->fd);
	ret->loopback = !r && is_on_loopback(ret->fd);
	return r;
}

int listen_adopt(struct listen_socket *socket)
{
	(void)limit_silence(socket->fd);
	socket->loopback = is_on_loopback(socket->fd);
	return 0;
}

const char *listen_url(const struct listen_socket *socket, char buf[LISTEN_URL])
{
	union address address = {0};
	socklen_t size = sizeof(address);
	char host[LISTEN_HOST] = "?", port[8] = "?";
	bool brackets;

	if (socket->path) {
		(void)snprintf(buf, LISTEN_URL, "unix:%s", socket->path);
		return buf;
	}
	if (getsockname(socket->fd, &address.any, &size) == 0)
		(void)getnameinfo(&address.any, size, host, sizeof(host), port, sizeof(port),
				  NI_NUMERICHOST | NI_NUMERICSERV);
	if (*socket->host)
		memcpy(host, socket->host, sizeof(host));
	brackets = strchr(host, ':');
	(void)snprintf(buf, LISTEN_URL, "http://%s%s%s:%s", brackets ? "[" : "", host,
		       brackets ? "]" : "", port);
	return buf;
}

/* @name: of a Host header, without the port and the brackets. */
static bool is_local(const struct listen_socket *socket, const char *name, bool bracketed)
{
	struct in6_addr in6;
	struct in_addr in;

	if (inet_pton(AF_INET6, name, &in6) == 1)
		return bracketed && is_loopback6(&in6);
	if (bracketed)
		return false;
	if (inet_pton(AF_INET, name, &in) == 1)
		return is_loopback4(&in);
	return !strcasecmp(name, "localhost") || (*name && !strcasecmp(name, socket->host));
}

bool listen_is_meant(const struct listen_socket *socket, const char *host)
{
	const bool bracketed = host && *host == '[';
	char name[LISTEN_HOST];
	const char *end;

	/* Browsers name one, always; those who do not are of HTTP/1.0. */
	if (!socket->loopback || !host)
		return true;
	host += bracketed;
	end = host + strcspn(host, bracketed ? "]" : ":");
	if (end - host >= LISTEN_HOST || (bracketed && !*end))
		return false;
	memcpy(name, host, (size_t)(end - host));
	name[end - host] = '\0';
	end += bracketed;
	if (*end && (*end != ':' || end[1 + strspn(end + 1, "0123456789")]))
		return false;
	return is_local(socket, name, bracketed);
}
