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
#include "streamer/pipeline/handover-state.h"
#include "streamer/pipeline/pipeline-internal.h"

#define STATE_NAME "state"
#define STATE_MAX (64u << 20)
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

static int read_state(int fd, struct handover_head **ret)
{
	_cleanup_free_ struct handover_head *state = NULL;
	struct stat st;
	size_t size;

	if (fstat(fd, &st) < 0)
		return -errno;
	size = (size_t)st.st_size;
	if (!S_ISREG(st.st_mode) || size < sizeof(*state) || size > STATE_MAX)
		return -ENODATA;
	state = malloc(size);
	if (!state)
		return -ENOMEM;
	if (pread_full(fd, state, size, 0) != (ssize_t)size ||
	    !handover_state_is_whole(state, size))
		return -EBADMSG;
	*ret = TAKE_PTR(state);
	return 0;
}

bool handover_find(struct handover *handover, const struct service_manager *manager,
		   const struct stored_fds *fds)
{
	const int fd = stored_fds_get(fds, STATE_NAME);

	*handover = (struct handover)HANDOVER_NULL;
	handover->manager = manager;
	if (fd >= 0 && manager->stores)
		(void)read_state(fd, &handover->state);
	return fds->n;
}

void handover_done(struct handover *handover)
{
	util_closep(&handover->fd);
	free(handover->state);
	*handover = (struct handover)HANDOVER_NULL;
}

/* Its next file is to be where its last one is. */
static bool is_place(const struct handover_head *state, const struct sink *sink)
{
	struct stat st;

	return sink->names.folder && !fstat(sink->place.fd, &st) &&
	       st.st_dev == state->folder_device && st.st_ino == state->folder_inode;
}

int handover_adopt(struct handover *handover, struct kernel **ret,
		   const struct kernel_config *config, const struct sink *sink,
		   const struct stored_fds *fds, char *error, size_t size)
{
	const struct programs_fds found = {.find = find_fd, .data = (void *)(uintptr_t)fds};
	const struct handover_head *state = handover->state;
	int r;

	if (!state)
		return refuse(error, size, -ENODATA, "it did not end as it is told to");
	if (!is_place(state, sink))
		return refuse(error, size, -ESTALE, "it recorded to another folder");
	r = kernel_adopt(ret, config, &state->kernel, &found, error, size);
	if (r < 0)
		return r;
	handover->fd = fcntl(stored_fds_get(fds, STATE_NAME), F_DUPFD_CLOEXEC, 0);
	handover->used = true;
	/* It is gone on with once: whoever finds it again comes after an end that left none. */
	if (handover->fd < 0 || ftruncate(handover->fd, 0) < 0) {
		r = -errno;
		*ret = kernel_free(*ret);
		return refuse(error, size, r, "its state: %s", strerror(-r));
	}
	return 0;
}

void handover_drop(struct handover *handover, struct stored_fds *fds)
{
	for (size_t i = 0; i < fds->n; i++)
		service_manager_forget(handover->manager, fds->all[i].name);
	stored_fds_done(fds);
	free(handover->state);
	handover->state = NULL;
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
	struct kernel_note note;
	int r = kernel_write_note(kernel, &note);

	if (r < 0 || !sink->names.folder)
		return r < 0 ? r : -ENOTSUP;
	(void)kernel_each_fd(kernel, count_fd, &offer);
	if (offer.n > handover->manager->stores)
		return -ENOTSUP;
	handover->fd = memfd_create("ringside-state", MFD_CLOEXEC);
	if (handover->fd < 0)
		return -errno;
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
	util_closep(&handover->fd);
	handover->fd = -1;
}

uint32_t handover_next_file(const struct handover *handover)
{
	return handover && handover->used ? handover->state->file + 1 : 0;
}

int handover_resume(struct pipeline *p)
{
	struct handover *handover = p->config->handover;
	int r;

	if (!handover || !handover->used)
		return 0;
	r = handover_state_load(p, handover->state);
	free(handover->state);
	handover->state = NULL;
	handover->used = false;
	return r;
}

int handover_leave(struct pipeline *p)
{
	struct handover *handover = p->config->handover;
	_cleanup_free_ struct handover_head *state = NULL;
	struct stat st;
	int r = fstat(p->sink->place.fd, &st) < 0 ? -errno : handover_state_save(p, &state);

	if (r < 0)
		return r;
	state->folder_device = st.st_dev;
	state->folder_inode = st.st_ino;
	handover_state_seal(state);
	if (lseek(handover->fd, 0, SEEK_SET) < 0)
		return -errno;
	r = write_all(handover->fd, state, state->bytes);
	if (r < 0)
		(void)ftruncate(handover->fd, 0);
	else
		kernel_keep(p->kernel);
	return r;
}
