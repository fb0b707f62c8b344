/* SPDX-License-Identifier: Apache-2.0 */
/* A service manager as far as descriptors go (sd_notify(3), sd_listen_fds(3)): runs a program,
 * keeps what it gives to be kept, ends it by a signal and runs it again with all of that, so many
 * times. One line of JSON for each run. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/util.h"

#define KEPT_MAX 256
#define FIRST_FD 3
#define HIGH_FD 400    /* above all that may be open */
#define WAIT_MS 600000 /* a guest that is busy loads for a minute */

static const char usage[] =
	"usage: keep-fds [-u UID] RUNS SIGNAL[,SIGNAL...] MS PROGRAM [ARG...]\n"
	"  runs PROGRAM RUNS times; each is ended MS after it was ready by the next of the\n"
	"  SIGNALs (TERM, INT, KILL), the last by INT\n"
	"  -u UID   all but the first as this user, who has no privileges\n";

struct kept {
	int fd;
	char name[64];
};

struct manager {
	int fd;
	char address[64];
	struct kept kept[KEPT_MAX];
	size_t n;
	uid_t later; /* as whom to run it again; 0: root */
	bool ready;
};

static long now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int listen_here(struct manager *m)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int size;

	(void)snprintf(m->address, sizeof(m->address), "@keep-fds-%d", getpid());
	size = snprintf(address.sun_path, sizeof(address.sun_path), "%s", m->address);
	address.sun_path[0] = '\0';
	m->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return m->fd < 0 || bind(m->fd, (const struct sockaddr *)&address,
				 (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
					     (size_t)size)) < 0
		       ? -errno
		       : 0;
}

/* The value of NAME=, to @ret; false: it is not said. */
static bool find_value(const char *text, const char *name, char *ret, size_t size)
{
	const char *at = strstr(text, name);

	if (!at || (at != text && at[-1] != '\n'))
		return false;
	at += strlen(name);
	(void)snprintf(ret, size, "%.*s", (int)strcspn(at, "\n"), at);
	return true;
}

static void forget(struct manager *m, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++) {
		if (strcmp(m->kept[i].name, name) != 0)
			m->kept[n++] = m->kept[i];
		else
			(void)close(m->kept[i].fd);
	}
	m->n = n;
}

static void keep(struct manager *m, const char *text, int fd)
{
	struct kept *one = &m->kept[m->n];
	char value[64];

	if (fd < 0)
		return;
	if (m->n == KEPT_MAX || !find_value(text, "FDSTORE=", value, sizeof(value)) ||
	    !find_value(text, "FDNAME=", one->name, sizeof(one->name))) {
		(void)close(fd);
		return;
	}
	one->fd = fd;
	m->n++;
}

/* Whether something was said. */
static bool hear(struct manager *m)
{
	char text[4096], value[64], control[CMSG_SPACE(sizeof(int))];
	struct iovec part = {.iov_base = text, .iov_len = sizeof(text) - 1};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(m->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	const struct cmsghdr *head = n < 0 ? NULL : CMSG_FIRSTHDR(&message);
	int fd = -1;

	if (n < 0)
		return false;
	text[n] = '\0';
	if (head && head->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(head), sizeof(fd));
	keep(m, text, fd);
	if (find_value(text, "FDSTOREREMOVE=", value, sizeof(value)) &&
	    find_value(text, "FDNAME=", value, sizeof(value)))
		forget(m, value);
	m->ready |= find_value(text, "READY=", value, sizeof(value));
	return true;
}

/* In the child: from descriptor 3 on, whatever they were. */
static int pass_on(const struct manager *m)
{
	char names[KEPT_MAX * 65] = "", number[16];
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++) {
		const int high = fcntl(m->kept[i].fd, F_DUPFD_CLOEXEC, HIGH_FD);

		if (high < 0)
			return -errno;
		n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s", i ? ":" : "",
				      m->kept[i].name);
	}
	for (size_t i = 0; i < m->n; i++)
		if (dup2(HIGH_FD + (int)i, FIRST_FD + (int)i) < 0)
			return -errno;
	(void)snprintf(number, sizeof(number), "%zu", m->n);
	(void)setenv("LISTEN_FDS", number, 1);
	(void)snprintf(number, sizeof(number), "%d", getpid());
	(void)setenv("LISTEN_PID", number, 1);
	(void)setenv("LISTEN_FDNAMES", names, 1);
	return 0;
}

static int become(uid_t uid)
{
	return setgroups(0, NULL) || setresgid(uid, uid, uid) || setresuid(uid, uid, uid);
}

static pid_t start(const struct manager *m, char **argv)
{
	const pid_t pid = fork();

	if (pid)
		return pid;
	(void)setenv("NOTIFY_SOCKET", m->address, 1);
	(void)setenv("FDSTORE", "256", 1);
	if (!m->n || (!pass_on(m) && !(m->later && become(m->later))))
		(void)execv(argv[0], argv);
	perror(argv[0]);
	_exit(127);
}

static bool wait_ready(struct manager *m, pid_t pid, long end)
{
	m->ready = false;
	while (!m->ready && now_ms() < end) {
		struct pollfd p = {.fd = m->fd, .events = POLLIN};

		(void)poll(&p, 1, 50);
		while (hear(m))
			;
		if (waitpid(pid, NULL, WNOHANG))
			return false;
	}
	return m->ready;
}

static void run_for(struct manager *m, long ms)
{
	for (long end = now_ms() + ms, left; (left = end - now_ms()) > 0;) {
		struct pollfd p = {.fd = m->fd, .events = POLLIN};

		(void)poll(&p, 1, (int)left);
		while (hear(m))
			;
	}
}

static int end(struct manager *m, pid_t pid, int signal_number)
{
	int status;

	(void)kill(pid, signal_number);
	while (!waitpid(pid, &status, WNOHANG))
		run_for(m, 5);
	while (hear(m))
		;
	return status;
}

static int next_signal(const char **at)
{
	const char *from = *at;

	*at += strcspn(*at, ",");
	*at += **at == ',';
	return *from == 'T' ? SIGTERM : *from == 'I' ? SIGINT : SIGKILL;
}

static bool run_once(struct manager *m, char **argv, int signal_number, long ms)
{
	const size_t passed = m->n;
	const long began = now_ms();
	const pid_t pid = start(m, argv);
	long ready;
	int status;

	if (pid < 0 || !wait_ready(m, pid, began + WAIT_MS)) {
		(void)fprintf(stderr, "keep-fds: %s is not ready\n", argv[0]);
		return false;
	}
	ready = now_ms() - began;
	run_for(m, ms);
	status = end(m, pid, signal_number);
	(void)printf("{\"passed\":%zu,\"ready_ms\":%ld,\"signal\":%d,\"exit\":%d,\"kept\":%zu}\n",
		     passed, ready, signal_number, WIFEXITED(status) ? WEXITSTATUS(status) : -1,
		     m->n);
	(void)fflush(stdout);
	return true;
}

int main(int argc, char **argv)
{
	struct manager m = {.fd = -1};
	const char *signals;
	long runs, ms;

	if (argc > 2 && !strcmp(argv[1], "-u")) {
		m.later = (uid_t)strtoul(argv[2], NULL, 10);
		argv += 2;
		argc -= 2;
	}
	if (argc < 5) {
		(void)fputs(usage, stderr);
		return 2;
	}
	runs = strtol(argv[1], NULL, 10);
	ms = strtol(argv[3], NULL, 10);
	signals = argv[2];
	if (listen_here(&m) < 0) {
		perror("keep-fds");
		return 1;
	}
	for (long i = 0; i < runs; i++) {
		if (!*signals)
			signals = argv[2];
		if (!run_once(&m, argv + 4, i + 1 == runs ? SIGINT : next_signal(&signals), ms))
			return 1;
	}
	return 0;
}
