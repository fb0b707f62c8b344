/* SPDX-License-Identifier: Apache-2.0 */
/* The state is read by who may have more privileges than who wrote it, so nothing in it is believed
 * but numbers that can do no harm: it may make a stream wrong, as its writer could anyway. */
#include "streamer/pipeline/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "proto/base/util.h"
#include "streamer/pipeline/pipeline-internal.h"

#define STATE_NAME "state"
#define NAME_SIZE 64

static const char *const kind_names[] = {
	[PROGRAMS_MAP] = "map", [PROGRAMS_PROGRAM] = "program", [PROGRAMS_LINK] = "link"};

static void make_name(char name[NAME_SIZE], enum programs_kind kind, const char *of)
{
	(void)snprintf(name, NAME_SIZE, "%s-%s", kind_names[kind], of);
}

/* Of programs_fds. */
static int find_fd(void *data, enum programs_kind kind, const char *of)
{
	char name[NAME_SIZE];

	make_name(name, kind, of);
	return stored_fds_get(data, name);
}

bool handover_find(struct handover *handover, const struct service_manager *manager,
		   const struct stored_fds *fds)
{
	const int fd = stored_fds_get(fds, STATE_NAME);

	*handover = (struct handover)HANDOVER_NULL;
	handover->manager = manager;
	if (fd >= 0 && manager->stores)
		(void)handover_state_read(fd, &handover->found);
	return fds->n;
}

void handover_done(struct handover *handover)
{
	util_closep(&handover->fd);
	handover_state_free(&handover->found);
	handover_memory_done(&handover->memory);
	*handover = (struct handover)HANDOVER_NULL;
}

/* Its next file is to be where its last one is. */
static bool is_place(const struct handover_base *base, const struct sink *sink)
{
	struct stat st;

	return sink->names.folder && !fstat(sink->place.fd, &st) &&
	       st.st_dev == base->folder_device && st.st_ino == base->folder_inode;
}

int handover_adopt(struct handover *handover, struct kernel **ret,
		   const struct kernel_config *config, const struct sink *sink,
		   const struct stored_fds *fds, char *error, size_t size)
{
	const struct programs_fds found = {.find = find_fd, .data = (void *)(uintptr_t)fds};
	const int fd = stored_fds_get(fds, STATE_NAME);
	int r;

	if (!handover->found.small)
		return refuse(error, size, -ENODATA, "it left nothing to go on from");
	if (!is_place(&handover->found.base, sink))
		return refuse(error, size, -ESTALE, "it recorded to another folder");
	r = kernel_adopt(ret, config, &handover->found.base.kernel, &found, error, size);
	if (r < 0)
		return r;
	handover->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	r = handover->fd < 0
		    ? -errno
		    : handover_memory_map(&handover->memory, handover->fd, NULL, &handover->found);
	handover->used = !r;
	if (!r)
		return 0;
	*ret = kernel_free(*ret);
	return refuse(error, size, r, "its state: %s", strerror(-r));
}

void handover_drop(struct handover *handover, struct stored_fds *fds)
{
	for (size_t i = 0; i < fds->n; i++)
		service_manager_forget(handover->manager, fds->all[i].name);
	stored_fds_done(fds);
	handover_state_free(&handover->found);
	handover_memory_done(&handover->memory);
	handover->used = false;
	util_closep(&handover->fd);
	handover->fd = -1;
}

struct offer {
	const struct service_manager *manager;
	unsigned n;
};

/* programs_fd_fn */
static int count_fd(void *data, enum programs_kind kind, const char *of, int fd)
{
	struct offer *offer = data;

	offer->n++;
	return 0;
}

/* programs_fd_fn */
static int offer_fd(void *data, enum programs_kind kind, const char *of, int fd)
{
	const struct offer *offer = data;
	char name[NAME_SIZE];

	make_name(name, kind, of);
	return service_manager_store(offer->manager, name, fd);
}

/* programs_fd_fn */
static int forget_fd(void *data, enum programs_kind kind, const char *of, int fd)
{
	const struct offer *offer = data;
	char name[NAME_SIZE];

	make_name(name, kind, of);
	service_manager_forget(offer->manager, name);
	return 0;
}

int handover_offer(struct handover *handover, const struct kernel *kernel, const struct sink *sink)
{
	struct offer offer = {.manager = handover->manager, .n = 1};
	struct handover_base base;
	struct stat st;
	int r;

	memset(&base, 0, sizeof(base));
	r = kernel_write_note(kernel, &base.kernel);
	if (r < 0 || !sink->names.folder || fstat(sink->place.fd, &st) < 0)
		return r < 0 ? r : -ENOTSUP;
	base.folder_device = st.st_dev;
	base.folder_inode = st.st_ino;
	(void)kernel_each_fd(kernel, count_fd, &offer);
	if (offer.n > handover->manager->stores)
		return -ENOTSUP;
	handover->fd = memfd_create("ringside-state", MFD_CLOEXEC);
	if (handover->fd < 0)
		return -errno;
	r = handover_memory_map(&handover->memory, handover->fd, &base, NULL);
	if (!r)
		r = service_manager_store(handover->manager, STATE_NAME, handover->fd);
	if (!r)
		r = kernel_each_fd(kernel, offer_fd, &offer);
	if (r < 0)
		handover_withdraw(handover, kernel);
	return r;
}

void handover_withdraw(struct handover *handover, const struct kernel *kernel)
{
	struct offer offer = {.manager = handover->manager};

	service_manager_forget(handover->manager, STATE_NAME);
	(void)kernel_each_fd(kernel, forget_fd, &offer);
	handover_memory_done(&handover->memory);
	util_closep(&handover->fd);
	handover->fd = -1;
}

/* What was written behind the latest state is not in it: it comes again. A file that has nothing
 * else goes, and the next one takes its place in the stream. */
static int cut_file(const struct sink *sink, const struct handover_small *small,
		    uint32_t *ret_index)
{
	_cleanup_close_ int fd = -1;
	struct stat st;

	*ret_index = small->file + !!small->file_bytes;
	if (memchr(small->file_name, '/', sizeof(small->file_name)) ||
	    !memchr(small->file_name, '\0', sizeof(small->file_name)))
		return -EBADMSG;
	fd = openat(sink->place.fd, small->file_name,
		    O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno; /* somebody has removed it */
	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_ino != small->file_inode || !S_ISREG(st.st_mode) || st.st_nlink != 1 ||
	    (uint64_t)st.st_size < small->file_bytes)
		return 0; /* or has put another one there, or cut it */
	if (!small->file_bytes)
		return unlinkat(sink->place.fd, small->file_name, 0) < 0 ? -errno : 0;
	return ftruncate(fd, (off_t)small->file_bytes) < 0 ? -errno : 0;
}

int handover_resume(struct pipeline *p, uint32_t *ret_index)
{
	struct handover *handover = p->config->handover;
	const struct handover_small *small;
	int r;

	*ret_index = 0;
	if (!handover_offered(handover))
		return 0;
	p->critical.holds = p->bulk.holds = true;
	if (!handover->used)
		return 0;
	small = handover->found.small;
	r = handover_state_load(p, &handover->found);
	if (!r)
		r = cut_file(p->sink, small, ret_index);
	if (!r)
		r = ring_resume(&p->critical, small->positions[0]);
	if (!r)
		r = ring_resume(&p->bulk, small->positions[1]);
	p->stream->now.file = *ret_index;
	handover_state_free(&handover->found);
	handover->used = false;
	return r;
}

static void save(struct pipeline *p, bool ended)
{
	struct handover *handover = p->config->handover;

	if (handover_state_save(&handover->memory, p, ended) < 0)
		handover_withdraw(handover, p->kernel);
}

void handover_save(struct pipeline *p)
{
	if (handover_offered(p->config->handover))
		save(p, false);
}

int handover_leave(struct pipeline *p)
{
	save(p, true);
	if (!handover_offered(p->config->handover))
		return -ENOSPC;
	kernel_keep(p->kernel);
	return 0;
}
