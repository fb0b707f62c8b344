/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel is asked instead of its version: with an empty effective set, but capabilities
 * still permitted, one harmless bpf() call shows what reading takes. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "privileges.h"

struct caps {
	uint64_t effective;
	uint64_t permitted;
};

static int get(struct caps *ret)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	ret->effective = data[0].effective | (uint64_t)data[1].effective << 32;
	ret->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	return 0;
}

/* The inheritable set becomes empty. */
static int set(const struct caps *caps)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct data[2] = {
		{.effective = (uint32_t)caps->effective, .permitted = (uint32_t)caps->permitted},
		{.effective = (uint32_t)(caps->effective >> 32),
		 .permitted = (uint32_t)(caps->permitted >> 32)},
	};

	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
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

/* Another user's folder, in which we may make files only as long as we may do everything. */
static bool needs_override(int folder_fd)
{
	return folder_fd >= 0 && faccessat(folder_fd, ".", W_OK | X_OK, AT_EACCESS) < 0 &&
	       errno == EACCES;
}

int privileges_drop(int map_fd, int folder_fd, bool *ret_kept)
{
	const uint64_t bpf = 1ull << CAP_BPF, admin = 1ull << CAP_SYS_ADMIN;
	struct caps caps = {0};
	uint64_t override;
	bool kept = false;
	int r;

	r = get(&caps);
	if (r < 0)
		return r;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return -errno;
	caps.effective = 0;
	r = set(&caps);
	if (r < 0)
		return r;
	override = needs_override(folder_fd) ? caps.permitted & 1ull << CAP_DAC_OVERRIDE : 0;
	if (may_read_maps(map_fd)) {
		caps.permitted = 0;
	} else {
		caps.permitted &= caps.permitted & bpf ? bpf : admin;
		kept = true;
	}
	caps.permitted |= override;
	caps.effective = caps.permitted;
	r = set(&caps);
	if (!r)
		*ret_kept = kept;
	return r;
}
