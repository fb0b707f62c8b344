/* SPDX-License-Identifier: Apache-2.0 */
#include "syncing.h"

#include <errno.h>
#include <limits.h>

#include "util.h"

#define STACK (64u * 1024)

static void *run(void *data)
{
	struct syncing *s = data;

	/* EINVAL: a file system that keeps nothing to sync */
	s->result = fdatasync(s->fd) < 0 && errno != EINVAL ? -errno : 0;
	(void)close(s->fd);
	/* so that the name is there too */
	if (s->folder >= 0)
		(void)fsync(s->folder);
	return NULL;
}

static bool start(struct syncing *s)
{
	pthread_attr_t attr;
	int r;

	if (pthread_attr_init(&attr))
		return false;
	r = pthread_attr_setstacksize(&attr, STACK);
	if (!r)
		r = pthread_create(&s->thread, &attr, run, s);
	(void)pthread_attr_destroy(&attr);
	return !r;
}

int syncing_start(struct syncing *s, int fd, int folder)
{
	int r = syncing_wait(s);

	s->fd = fd;
	s->folder = folder;
	s->running = start(s);
	if (!s->running)
		(void)run(s);
	return r;
}

int syncing_wait(struct syncing *s)
{
	int r;

	if (s->running)
		(void)pthread_join(s->thread, NULL);
	s->running = false;
	r = s->result;
	s->result = 0;
	return r;
}
