/* SPDX-License-Identifier: Apache-2.0 */
#include "testdata/supervisor.h"

#include <errno.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "testdata/call.h"
#include "testdata/filter.h"

static int answer(int listener, unsigned long error, unsigned long count)
{
	for (unsigned long i = 0; i < count; i++) {
		struct seccomp_notif notif = {0};
		struct seccomp_notif_resp resp = {.error = -(int)error};

		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notif))
			return 1;
		resp.id = notif.id;
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &resp))
			return 1;
	}
	return 0;
}

int supervisor_none(long nr)
{
	return filter_deny(CALL_ARCH, nr, SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER);
}

int supervisor_install(long nr, unsigned long error, unsigned long count, pid_t *ret)
{
	int listener = supervisor_none(nr);

	if (listener < 0)
		return listener;
	*ret = fork();
	if (*ret < 0)
		return -errno;
	if (!*ret) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		_exit(answer(listener, error, count));
	}
	return close(listener);
}
