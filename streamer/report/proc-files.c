/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/report/proc-files.h"

#include <fcntl.h>
#include <inttypes.h>
#include <seccomp.h>
#include <string.h>
#include <sys/resource.h>

#include "bpf/wire/wire.h"
#include "proto/base/util.h"
#include "proto/ringside-fields.h"

#define VMSTAT_MAX 16384
#define REFUSED_MAX 48u /* different ones */

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

/* What this process has of memory for itself, or 0.
 * proc_pid_statm(5): size, resident, and of that shared, in pages. */
static uint64_t own_bytes(int statm)
{
	uint64_t resident, shared;
	char text[256];

	if (!read_again(statm, text, sizeof(text)) ||
	    sscanf(text, "%*u %" SCNu64 " %" SCNu64, &resident, &shared) != 2)
		return 0;
	return (resident - shared) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t nano_of(struct timeval tv)
{
	return (uint64_t)tv.tv_sec * 1000000000u + (uint64_t)tv.tv_usec * 1000u;
}

static void put_call(unsigned nr, uint64_t count, struct pb *pb)
{
	uint8_t *mark = pb_open(pb, FIELD_STREAMER_COST_REFUSED_CALLS);
	char *name = NULL;

	if (nr < WIRE_OWN_CALLS - 1) {
		pb_uint(pb, FIELD_REFUSED_CALL_NUMBER, nr);
		name = seccomp_syscall_resolve_num_arch(seccomp_arch_native(), (int)nr);
	}
	if (name)
		pb_string(pb, FIELD_REFUSED_CALL_NAME, name);
	free(name);
	pb_uint(pb, FIELD_REFUSED_CALL_COUNT, count);
	pb_close(pb, mark);
}

/* There are none unless something is wrong, and then a few. */
static void put_refused(const uint64_t *refused, struct pb *pb)
{
	unsigned n = 0;

	for (unsigned nr = 0; nr < WIRE_OWN_CALLS && n < REFUSED_MAX; nr++) {
		uint64_t count = __atomic_load_n(&refused[nr], __ATOMIC_RELAXED);

		if (!count)
			continue;
		put_call(nr, count, pb);
		n++;
	}
}

void machine_put_usage(const struct machine *machine, uint64_t map_bytes, const uint64_t *refused,
		       unsigned field, struct pb *pb)
{
	const uint64_t anonymous = own_bytes(machine->statm);
	uint8_t *mark = pb_open(pb, field);
	struct rusage usage;

	if (!getrusage(RUSAGE_SELF, &usage)) {
		pb_uint(pb, FIELD_STREAMER_COST_USER_CPU_NANO, nano_of(usage.ru_utime));
		pb_uint(pb, FIELD_STREAMER_COST_SYSTEM_CPU_NANO, nano_of(usage.ru_stime));
	}
	if (anonymous)
		pb_uint(pb, FIELD_STREAMER_COST_ANONYMOUS_BYTES, anonymous);
	if (map_bytes)
		pb_uint(pb, FIELD_STREAMER_COST_MAP_BYTES, map_bytes);
	if (refused)
		put_refused(refused, pb);
	pb_close(pb, mark);
}
