/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel is asked instead of its version: with an empty effective set, but capabilities
 * still permitted, one harmless bpf() call shows what reading takes. */
#include "streamer/privileges/privileges.h"

#include <errno.h>
#include <grp.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proto/base/util.h"
#include "streamer/privileges/capabilities.h"
#include "streamer/privileges/landlock.h"
#include "streamer/privileges/reader-group.h"
#include "streamer/privileges/syscall-filter.h"

_printf_(2, 3) static void keep_text(struct privileges *left, const char *format, ...)
{
	va_list args;

	if (left->n_kept == PRIVILEGES_KEPT_MAX)
		return;
	va_start(args, format);
	(void)vsnprintf(left->kept[left->n_kept++], sizeof(left->kept[0]), format, args);
	va_end(args);
}

static bool may_read_maps(int map_fd)
{
	struct bpf_map_info info;
	union bpf_attr attr;

	memset(&info, 0, sizeof(info));
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (uint32_t)map_fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uint64_t)(uintptr_t)&info;
	return syscall(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)) == 0 || errno != EPERM;
}

/* The bounding set says what a program that is run may get: none is, and no_new_privs forbids it.
 */
static void empty_bounds(struct privileges *left)
{
	const uint64_t bounds = caps_empty_bounds();

	if (bounds)
		keep_text(
			left,
			"The capability bounding set keeps %d entries, which takes CAP_SETPCAP to "
			"empty; no_new_privs makes them useless.",
			__builtin_popcountll(bounds));
}

/* Root's groups too: there stays the one whose members read recordings, so that files can be given
 * to it. */
static int become_user(const struct user *user)
{
	gid_t ringside;
	bool member = !reader_group_find("ringside", &ringside);

	if (!user->changes)
		return 0;
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) || setgroups(member, &ringside) ||
	    setresgid(user->gid, user->gid, user->gid) ||
	    setresuid(user->uid, user->uid, user->uid) || prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0))
		return -errno;
	return 0;
}

/* Before 5.19 (c8644cd0efe7 "bpf: refine kernel.unprivileged_bpf_disabled behaviour") every bpf()
 * call takes CAP_BPF where that is set. */
static int drop_capabilities(int map_fd, struct privileges *left)
{
	const uint64_t bpf = CAPS_OF(CAP_BPF), admin = CAPS_OF(CAP_SYS_ADMIN);
	struct caps caps;
	int r = caps_get(&caps);

	caps.effective = 0;
	if (!r)
		r = caps_set(&caps);
	if (r < 0)
		return r;
	if (may_read_maps(map_fd)) {
		caps.permitted = 0;
	} else {
		caps.permitted &= caps.permitted & bpf ? bpf : admin;
		keep_text(left,
			  "%s stays: this kernel wants it for every bpf() call "
			  "(kernel.unprivileged_bpf_disabled; Linux 5.19 and newer do not).",
			  caps.permitted & bpf ? "CAP_BPF" : "CAP_SYS_ADMIN");
	}
	caps.effective = left->capabilities = caps.permitted;
	return caps_set(&caps);
}

static void restrict_paths(const struct privileges_config *config, struct privileges *left)
{
	struct landlock_folder folders[2 + PRIVILEGES_READ_MAX] = {
		{config->folder_fd, LANDLOCK_WRITES},
		{config->names_fd, LANDLOCK_LISTS},
	};
	unsigned n = 2;
	int r;

	for (unsigned i = 0; i < config->n_read_fds && i < PRIVILEGES_READ_MAX; i++)
		folders[n++] = (struct landlock_folder){config->read_fds[i], LANDLOCK_READS};
	r = landlock_restrict(folders, n);
	left->landlock = r > 0 ? r : 0;
	if (r == -ENOSYS || r == -EOPNOTSUPP)
		keep_text(left,
			  "All files its user may open stay in reach: this kernel has no Landlock "
			  "(Linux 5.13), or does not use it (lsm= on its command line).");
	else if (r < 0)
		keep_text(
			left,
			"All files its user may open stay in reach: Landlock is refused (%s), by a "
			"seccomp profile perhaps.",
			strerrordesc_np(-r));
}

int privileges_drop(const struct privileges_config *config, struct privileges *ret, char *error,
		    size_t size)
{
	int r;

	*ret = (struct privileges){.user = *config->user};
	empty_bounds(ret);
	r = become_user(config->user);
	if (r < 0)
		return refuse(error, size, r, "cannot go on as user %s: %s", config->user->name,
			      strerrordesc_np(-r));
	if (!ret->user.uid)
		keep_text(ret, "Its files stay root's own: %s.",
			  config->stays ? config->stays : "--user says so");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		r = -errno;
	if (!r)
		r = drop_capabilities(config->map_fd, ret);
	if (r < 0)
		(void)snprintf(error, size, "cannot give up privileges: %s", strerrordesc_np(-r));
	else
		restrict_paths(config, ret);
	return r;
}

void privileges_filter(struct privileges *left)
{
	int r = syscall_filter_install();

	left->filtered = !r;
	if (r < 0)
		keep_text(left,
			  "All system calls stay possible: no seccomp filter can be set (%s).",
			  strerrordesc_np(-r));
}

const char *privileges_capability(const struct privileges *left)
{
	if (!left->capabilities)
		return NULL;
	return left->capabilities & CAPS_OF(CAP_BPF) ? "CAP_BPF" : "CAP_SYS_ADMIN";
}
