/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "proto/base/util.h"
#include "streamer/report/host-names.h"

/* include/linux/proc_ns.h: the first pid namespace's; the first mount namespace's from 6.18 on,
 * and the two numbers it had before, given out at boot. */
#define INIT_PID_INO 0xeffffffcu
static const ino_t init_mnt_inos[] = {0xeffffff8u, 0xf0000000u, 0xf0000001u};

/* The first @size - 1 bytes of a file, up to its first newline; empty on failure. */
static void read_line(const char *path, char *line, size_t size)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read_full(fd, line, size - 1);

	line[n > 0 ? n : 0] = '\0';
	line[strcspn(line, "\n")] = '\0';
}

static bool in_first_pid_namespace(void)
{
	struct stat st;

	return !stat("/proc/self/ns/pid", &st) && st.st_ino == INIT_PID_INO;
}

static bool shares_mounts_with_init(void)
{
	struct stat self, init;

	if (stat("/proc/self/ns/mnt", &self) < 0)
		return false;
	if (!stat("/proc/1/ns/mnt", &init))
		return self.st_ino == init.st_ino;
	/* not allowed to look at init: then only the numbers tell */
	for (size_t i = 0; i < ARRAY_SIZE(init_mnt_inos); i++)
		if (self.st_ino == init_mnt_inos[i])
			return true;
	return false;
}

/* In a container /etc/machine-id is the image's or the container's own, and two machines could
 * seem one. Beside the machine's init its root shows the right file; elsewhere nothing does. */
static void read_machine_id(char id[33])
{
	id[0] = '\0';
	if (!in_first_pid_namespace())
		return;
	read_line(shares_mounts_with_init() ? "/etc/machine-id" : "/proc/1/root/etc/machine-id", id,
		  33);
	if (strlen(id) != 32 || strspn(id, "0123456789abcdef") != 32)
		id[0] = '\0';
}

void host_read(struct host *ret)
{
	struct utsname uts;

	*ret = (struct host){0};
	if (!uname(&uts)) {
		(void)snprintf(ret->name, sizeof(ret->name), "%s", uts.nodename);
		(void)snprintf(ret->kernel_release, sizeof(ret->kernel_release), "%s", uts.release);
		(void)snprintf(ret->architecture, sizeof(ret->architecture), "%s", uts.machine);
	}
	read_line("/proc/sys/kernel/random/boot_id", ret->boot_id, sizeof(ret->boot_id));
	read_machine_id(ret->machine_id);
}
