/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets to listen on, by what a person calls them. */
#pragma once

#include <stdbool.h>
#include <sys/un.h>

#define LISTEN_HOST 256

struct listen_socket {
	int fd;
	const char *path;       /* of a unix socket, in the address it was made of; else NULL */
	bool loopback;          /* only processes of this machine reach it */
	char host[LISTEN_HOST]; /* as the address has it; "" if it has none */
};

/* "9464" and ":9464" on the loopback, "HOST:PORT", "[::1]:PORT", "unix:/path". A unix socket nobody
 * listens on any more is replaced; its group may use it. 0 or -errno; -EINVAL: no address. */
int listen_on(const char *address, struct listen_socket *ret);

#define LISTEN_GIVEN_MAX 4u /* more are closed by nobody, and answered by nobody */
#define LISTEN_PATH (sizeof(((struct sockaddr_un *)0)->sun_path) + 1)

/* Sockets that a service manager has opened for this process, by $LISTEN_PID and $LISTEN_FDS, which
 * are taken from the environment. Returns their number, which may be more than there is room for;
 * 0: none. */
unsigned listen_given(int fds[LISTEN_GIVEN_MAX]);
/* One of them. @path: room for that of a unix socket, which is not ours to remove. Returns 0, or
 * -EINVAL: it does not listen, or at what has no address here. */
int listen_take(int fd, char path[LISTEN_PATH], struct listen_socket *ret);
/* An open socket of TCP: what listen_on() sees to. Returns 0. */
int listen_adopt(struct listen_socket *socket);

#define LISTEN_URL (LISTEN_HOST + 32)
/* "http://127.0.0.1:9464", as a client has to say it; "unix:/path". Returns @buf. */
const char *listen_url(const struct listen_socket *socket, char buf[LISTEN_URL]);

/* Whether a request with this Host header (RFC 9112; NULL: none) was meant for this socket. On the
 * loopback it has to be one of its own names: any other is of a page somewhere that made a browser
 * here believe that its name is ours, to read what only this machine may (DNS rebinding). */
bool listen_is_meant(const struct listen_socket *socket, const char *host);
