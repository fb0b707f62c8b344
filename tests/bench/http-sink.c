/* SPDX-License-Identifier: Apache-2.0 */
/* Usage: http-sink
 *
 * For benchmarks: prints the port it listens on, of 127.0.0.1, and answers each POST with 200 and
 * nothing more, without a look at what was posted: of what comes in chunks, at its end only. */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONNECTIONS 16
#define HEAD_MAX 8192
#define CHUNKS_END "\r\n0\r\n\r\n" /* nothing that is compressed is likely to have it at an end */
#define END_SIZE (sizeof(CHUNKS_END) - 1)

struct connection {
	size_t have, left; /* of a head; of a body that is to come */
	char head[HEAD_MAX + 1];
	bool chunked;
	char end[END_SIZE]; /* of chunks, as far as they have come */
};

static struct connection connections[CONNECTIONS];
static struct pollfd polled[CONNECTIONS + 1];

static void answer(int fd)
{
	static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

	if (write(fd, text, sizeof(text) - 1) < 0)
		return; /* it went away */
}

static void take_chunks(struct connection *c, int fd, const char *data, size_t n)
{
	const size_t keep = n < END_SIZE ? END_SIZE - n : 0;

	memmove(c->end, c->end + END_SIZE - keep, keep);
	memcpy(c->end + keep, data + n - (END_SIZE - keep), END_SIZE - keep);
	c->chunked = memcmp(c->end, CHUNKS_END, END_SIZE) != 0;
	if (!c->chunked)
		answer(fd);
}

static void take_head(struct connection *c, int fd)
{
	const char *end, *length;
	size_t size, got, n;

	c->head[c->have] = '\0';
	end = strstr(c->head, "\r\n\r\n");
	if (!end)
		return;
	if (strcasestr(c->head, "transfer-encoding: chunked")) {
		n = c->have - (size_t)(end + 2 - c->head);
		c->have = 0;
		take_chunks(c, fd, end + 2, n);
		return;
	}
	length = strcasestr(c->head, "content-length:");
	size = length ? strtoul(length + strlen("content-length:"), NULL, 10) : 0;
	got = c->have - (size_t)(end + 4 - c->head);
	c->have = 0;
	c->left = size > got ? size - got : 0;
	if (!c->left)
		answer(fd);
}

/* False: it has ended. */
static bool hear(struct connection *c, int fd)
{
	static char body[1 << 20];
	ssize_t n;

	if (c->left || c->chunked)
		n = read(fd, body, c->chunked || c->left > sizeof(body) ? sizeof(body) : c->left);
	else
		n = read(fd, c->head + c->have, HEAD_MAX - c->have);
	if (n <= 0)
		return false;
	if (c->chunked) {
		take_chunks(c, fd, body, (size_t)n);
		return true;
	}
	if (!c->left) {
		c->have += (size_t)n;
		take_head(c, fd);
		return true;
	}
	c->left -= (size_t)n;
	if (!c->left)
		answer(fd);
	return true;
}

static void accept_one(int fd)
{
	int i = 1;

	while (i <= CONNECTIONS && polled[i].fd >= 0)
		i++;
	if (i > CONNECTIONS)
		exit(1);
	connections[i - 1] = (struct connection){0};
	polled[i] = (struct pollfd){.fd = accept(fd, NULL, NULL), .events = POLLIN};
}

int main(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)signal(SIGPIPE, SIG_IGN);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) < 0 || listen(fd, 16) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &size) < 0)
		return 1;
	(void)printf("%d\n", ntohs(address.sin_port));
	(void)fflush(stdout);
	polled[0] = (struct pollfd){.fd = fd, .events = POLLIN};
	for (int i = 1; i <= CONNECTIONS; i++)
		polled[i].fd = -1;
	while (poll(polled, CONNECTIONS + 1, -1) > 0) {
		for (int i = 1; i <= CONNECTIONS; i++) {
			if (polled[i].fd < 0 || !polled[i].revents ||
			    hear(&connections[i - 1], polled[i].fd))
				continue;
			(void)close(polled[i].fd);
			polled[i].fd = -1;
		}
		if (polled[0].revents)
			accept_one(fd);
	}
	return 1;
}
