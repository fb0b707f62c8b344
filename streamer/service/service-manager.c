/* SPDX-License-Identifier: Apache-2.0 */
/* libsystemd's sd_notify() opens a socket for each word, which the streamer may not any more once
 * it has given up its privileges (see syscall-filter.c): so one is opened before, and kept. The
 * protocol is stable, and documented in sd_notify(3). */
#include "streamer/service/service-manager.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "proto/base/clock.h"
#include "proto/base/units.h"
#include "proto/base/util.h"

#define NANO_PER_USEC 1000u
#define NANO_PER_MS 1000000u
#define SAY_SECONDS 5 /* a manager that is busy reads by then */

/* A path, or an abstract name behind "@". */
static int connect_to(const char *name)
{
	const struct timeval patience = {.tv_sec = SAY_SECONDS};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const size_t size = strlen(name);
	_cleanup_close_ int fd = -1;

	if ((*name != '/' && *name != '@') || size < 2)
		return -EAFNOSUPPORT;
	if (size >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, name, size);
	if (*name == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0 ||
	    connect(fd, (const struct sockaddr *)&address,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size)) < 0)
		return -errno;
	return TAKE_FD(fd);
}

/* Twice in the time after which it would lose patience, as sd_watchdog_enabled(3) advises. */
static uint64_t find_patience(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID"), *end;
	uint64_t n;

	if (!usec)
		return 0;
	if (pid) {
		end = units_number(pid, UINT32_MAX, &n);
		if (!end || *end || n != (uint64_t)getpid())
			return 0;
	}
	end = units_number(usec, UINT64_MAX / NANO_PER_USEC, &n);
	return end && !*end ? n * NANO_PER_USEC / 2 : 0;
}

/* systemd 254 says it itself, and before that a unit has to. */
static unsigned find_store(void)
{
	const char *room = getenv("FDSTORE"), *end;
	uint64_t n;

	end = room ? units_number(room, INT32_MAX, &n) : NULL;
	return end && !*end ? (unsigned)n : 0;
}

int service_manager_find(struct service_manager *ret, char *error, size_t size)
{
	const char *name = getenv("NOTIFY_SOCKET");
	int r = 0;

	*ret = (struct service_manager)SERVICE_MANAGER_NULL;
	if (name) {
		ret->fd = connect_to(name);
		if (ret->fd < 0)
			r = refuse(error, size, ret->fd,
				   "NOTIFY_SOCKET=%s: %s; whoever started this would not hear "
				   "that it is ready",
				   name, strerror(-ret->fd));
		else
			ret->every_nano = find_patience();
		ret->stores = r < 0 ? 0 : find_store();
	}
	(void)unsetenv("FDSTORE");
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_USEC");
	(void)unsetenv("WATCHDOG_PID");
	return r;
}

void service_manager_done(struct service_manager *manager)
{
	util_closep(&manager->fd);
	*manager = (struct service_manager)SERVICE_MANAGER_NULL;
}

void service_manager_say(const struct service_manager *manager, const char *text)
{
	if (manager->fd >= 0)
		(void)send(manager->fd, text, strlen(text), MSG_NOSIGNAL);
}

/* FDPOLL=0 (systemd 246): a perf event, which holds a kprobe before Linux 5.15, always polls as
 * hung up, and would not be kept. */
int service_manager_store(const struct service_manager *manager, const char *name, int fd)
{
	char text[128];
	const int n = snprintf(text, sizeof(text), "FDSTORE=1\nFDPOLL=0\nFDNAME=%s", name);
	struct iovec part = {.iov_base = text, .iov_len = (size_t)n};
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} control = {.buf = {0}};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control.buf,
				 .msg_controllen = sizeof(control.buf)};
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);

	if (n < 0 || (size_t)n >= sizeof(text))
		return -ENAMETOOLONG;
	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &fd, sizeof(fd));
	return sendmsg(manager->fd, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

void service_manager_forget(const struct service_manager *manager, const char *name)
{
	char text[128];

	(void)snprintf(text, sizeof(text), "FDSTOREREMOVE=1\nFDNAME=%s", name);
	service_manager_say(manager, text);
}

void service_manager_alive(struct service_manager *manager)
{
	const uint64_t now = manager->every_nano ? clock_nano(CLOCK_MONOTONIC) : 0;

	if (!now || now - manager->alive_nano < manager->every_nano)
		return;
	manager->alive_nano = now;
	/* it is said again, and must hold up nothing */
	if (manager->fd >= 0)
		(void)send(manager->fd, "WATCHDOG=1", strlen("WATCHDOG=1"),
			   MSG_DONTWAIT | MSG_NOSIGNAL);
}

int service_manager_timeout(const struct service_manager *manager)
{
	uint64_t passed;

	if (!manager->every_nano)
		return -1;
	passed = clock_nano(CLOCK_MONOTONIC) - manager->alive_nano;
	if (passed >= manager->every_nano)
		return 0;
	return (int)min_u64((manager->every_nano - passed) / NANO_PER_MS + 1, INT32_MAX);
}
