/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/base/inotify.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

void watch_open(struct watch *watch)
{
	watch->begin = watch->end = 0;
	watch->folder = watch->file = -1;
	watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
}

void watch_close(struct watch *watch)
{
	if (watch->fd >= 0)
		(void)close(watch->fd);
	watch->fd = -1;
}

void watch_folder(struct watch *watch, const char *folder, bool modify)
{
	uint32_t mask = IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM | IN_ONLYDIR;

	if (watch->fd < 0)
		return;
	watch->folder = inotify_add_watch(watch->fd, folder, modify ? mask | IN_MODIFY : mask);
	if (watch->folder < 0)
		watch_close(watch);
}

void watch_file(struct watch *watch, const char *path)
{
	if (watch->fd < 0)
		return;
	if (watch->file >= 0)
		(void)inotify_rm_watch(watch->fd, watch->file);
	watch->file = inotify_add_watch(watch->fd, path, IN_MODIFY);
	if (watch->file < 0 && errno != ENOENT)
		watch_close(watch);
}

int watch_wait(struct watch *watch, int out)
{
	struct pollfd fds[] = {{.fd = out}, {.fd = watch->fd, .events = POLLIN}};

	(void)poll(fds, 2, watch->fd < 0 ? WATCH_POLL_MS : WATCH_CHECK_MS);
	return fds[0].revents & POLLERR ? -EPIPE : 0;
}

bool watch_next(struct watch *watch, struct watch_event *ret)
{
	const struct inotify_event *event;
	ssize_t n;

	if (watch->begin == watch->end) {
		n = watch->fd < 0 ? -1 : read(watch->fd, watch->buf, sizeof(watch->buf));
		if (n <= 0)
			return false;
		watch->begin = 0;
		watch->end = (unsigned)n;
	}
	event = (const void *)(watch->buf + watch->begin);
	watch->begin += (unsigned)(sizeof(*event) + event->len);
	if (event->wd != watch->folder && !(event->mask & IN_Q_OVERFLOW))
		return watch_next(watch, ret); /* it woke us, and that is all */
	*ret = (struct watch_event){
		.name = event->len ? event->name : NULL,
		.created = event->mask & IN_CREATE,
	};
	return true;
}
