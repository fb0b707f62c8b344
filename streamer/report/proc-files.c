/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/report/proc-files.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "proto/base/util.h"

#define VMSTAT_MAX 16384

void machine_open(struct machine *ret)
{
	*ret = (struct machine){
		.vmstat = open("/proc/vmstat", O_RDONLY | O_CLOEXEC),
		.statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC),
	};
	host_read(&ret->host);
}

void machine_close(struct machine *machine)
{
	util_closep(&machine->vmstat);
	util_closep(&machine->statm);
	*machine = (struct machine)MACHINE_NULL;
}

/* Reading from the start makes the kernel write it anew. Returns the bytes, terminated. */
static size_t read_again(int fd, char *buf, size_t size)
{
	size_t done = 0;
	ssize_t n = 1;

	while (n > 0 && done < size - 1) {
		n = fd < 0 ? -1 : pread(fd, buf + done, size - 1 - done, (off_t)done);
		done += n > 0 ? (size_t)n : 0;
	}
	buf[done] = '\0';
	return done;
}

int machine_oom_kills(const struct machine *machine, uint64_t *ret)
{
	char text[VMSTAT_MAX];
	const char *at;

	if (!read_again(machine->vmstat, text, sizeof(text)))
		return -ENODATA;
	at = strstr(text, "\noom_kill ");
	return at && sscanf(at, " oom_kill %" SCNu64, ret) == 1 ? 0 : -ENODATA;
}

/* proc_pid_statm(5): size, resident, and of that shared, in pages. */
uint64_t machine_own_bytes(const struct machine *machine)
{
	uint64_t resident, shared;
	char text[256];

	if (!read_again(machine->statm, text, sizeof(text)) ||
	    sscanf(text, "%*u %" SCNu64 " %" SCNu64, &resident, &shared) != 2)
		return 0;
	return (resident - shared) * (uint64_t)sysconf(_SC_PAGESIZE);
}
