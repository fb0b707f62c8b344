/* SPDX-License-Identifier: Apache-2.0 */
#include "testdata/filter.h"

#include <errno.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proto/base/util.h"

int filter_install(const struct sock_filter *code, unsigned short n, unsigned flags)
{
	struct sock_fprog prog = {.len = n, .filter = (struct sock_filter *)code};
	long ret;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	ret = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
	return ret < 0 ? -errno : (int)ret;
}

int filter_deny(uint32_t arch, long nr, uint32_t verdict, unsigned flags)
{
	const struct sock_filter code[] = {
		FILTER_LOAD(arch),   FILTER_IF(arch, 0, 3),  FILTER_LOAD(nr),
		FILTER_IF(nr, 0, 1), FILTER_RETURN(verdict), FILTER_RETURN(SECCOMP_RET_ALLOW),
	};

	return filter_install(code, ARRAY_SIZE(code), flags);
}
