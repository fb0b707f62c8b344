/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/privileges/capabilities.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int caps_get(struct caps *ret)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	ret->effective = data[0].effective | (uint64_t)data[1].effective << 32;
	ret->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	return 0;
}

int caps_set(const struct caps *caps)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct data[2] = {
		{.effective = (uint32_t)caps->effective, .permitted = (uint32_t)caps->permitted},
		{.effective = (uint32_t)(caps->effective >> 32),
		 .permitted = (uint32_t)(caps->permitted >> 32)},
	};

	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

uint64_t caps_empty_bounds(void)
{
	uint64_t left = 0;

	/* the kernel answers for those it knows only, which are the lowest */
	for (unsigned cap = 0; cap < 64 && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0))
			left |= CAPS_OF(cap);
	return left;
}
