/* SPDX-License-Identifier: Apache-2.0 */
/* Usage: tcp-load SIZE COUNT | tcp-load files N
 *
 * Sends and receives COUNT times SIZE bytes over the loopback, in one task, and prints the CPU time
 * of one send and one receive together, in ns. Or holds N connected TCP sockets until it is killed.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LARGEST (64u * 1024)

static int make_pair(int ret[2])
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	ret[0] = socket(AF_INET, SOCK_STREAM, 0);
	if (listener < 0 || ret[0] < 0 || bind(listener, (void *)&address, size) ||
	    listen(listener, 1) || getsockname(listener, (void *)&address, &size) ||
	    connect(ret[0], (void *)&address, size))
		return -1;
	ret[1] = accept(listener, NULL, NULL);
	(void)close(listener);
	return ret[1] < 0 ? -1 : 0;
}

static double cpu_time(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static int transfer(size_t size, unsigned long count)
{
	static char bytes[LARGEST];
	double begin;
	int pair[2];

	if (!size || size > sizeof(bytes) || make_pair(pair))
		return 1;
	begin = cpu_time();
	for (unsigned long i = 0; i < count; i++)
		if (send(pair[0], bytes, size, 0) != (ssize_t)size ||
		    recv(pair[1], bytes, size, MSG_WAITALL) != (ssize_t)size)
			return 1;
	return printf("%.1f\n", (cpu_time() - begin) / (double)count) < 0;
}

static int hold(unsigned long n)
{
	const struct rlimit files = {n + 64, n + 64};
	int pair[2];

	if (setrlimit(RLIMIT_NOFILE, &files))
		return 1;
	for (unsigned long i = 0; i + 1 < n; i += 2)
		if (make_pair(pair))
			return 1;
	if (puts("up") < 0 || fflush(stdout))
		return 1;
	return pause();
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	if (!strcmp(argv[1], "files"))
		return hold(strtoul(argv[2], NULL, 10));
	return transfer(strtoul(argv[1], NULL, 10), strtoul(argv[2], NULL, 10));
}
