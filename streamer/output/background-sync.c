/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/output/background-sync.h"

#include <errno.h>
#include <limits.h>

#include "proto/base/util.h"

#define STACK (64u * 1024)

/* Returns 0 or -errno. */
static int do_sync(int fd, int folder)
{
	/* EINVAL: a file system that keeps nothing to sync */
	int r = fdatasync(fd) < 0 && errno != EINVAL ? -errno : 0;

	(void)close(fd);
	/* so that the name is there too */
	if (folder >= 0)
		(void)fsync(folder);
	return r;
}

static void *run(void *data)
{
	struct syncing *s = data;

	(void)pthread_mutex_lock(&s->lock);
	while (!s->ends) {
		int r;

		if (!s->busy) {
			(void)pthread_cond_wait(&s->changed, &s->lock);
			continue;
		}
		(void)pthread_mutex_unlock(&s->lock);
		r = do_sync(s->fd, s->folder);
		(void)pthread_mutex_lock(&s->lock);
		s->result = r;
		s->busy = false;
		(void)pthread_cond_broadcast(&s->changed);
	}
	(void)pthread_mutex_unlock(&s->lock);
	return NULL;
}

void syncing_begin(struct syncing *s)
{
	pthread_attr_t attr;
	int r;

	if (s->started || pthread_attr_init(&attr))
		return;
	r = pthread_attr_setstacksize(&attr, STACK);
	if (!r)
		r = pthread_create(&s->thread, &attr, run, s);
	(void)pthread_attr_destroy(&attr);
	s->started = !r;
}

void syncing_end(struct syncing *s)
{
	(void)syncing_wait(s);
	if (!s->started)
		return;
	(void)pthread_mutex_lock(&s->lock);
	s->ends = true;
	(void)pthread_cond_broadcast(&s->changed);
	(void)pthread_mutex_unlock(&s->lock);
	(void)pthread_join(s->thread, NULL);
	s->started = s->ends = false;
}

int syncing_start(struct syncing *s, int fd, int folder)
{
	int r = syncing_wait(s);

	if (!s->started) {
		s->result = do_sync(fd, folder);
		return r;
	}
	(void)pthread_mutex_lock(&s->lock);
	s->fd = fd;
	s->folder = folder;
	s->busy = true;
	(void)pthread_cond_broadcast(&s->changed);
	(void)pthread_mutex_unlock(&s->lock);
	return r;
}

int syncing_wait(struct syncing *s)
{
	int r;

	(void)pthread_mutex_lock(&s->lock);
	while (s->busy)
		(void)pthread_cond_wait(&s->changed, &s->lock);
	r = s->result;
	s->result = 0;
	(void)pthread_mutex_unlock(&s->lock);
	return r;
}
