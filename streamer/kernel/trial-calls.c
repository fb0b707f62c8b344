/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/kernel/trial-calls.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include <bpf/bpf.h>

#include "bpf/wire/wire.h"
#include "proto/base/util.h"

typedef void change_fn(struct wire_trials *trials, uint64_t number);

int trial_calls_draw(uint64_t *ret)
{
	if (getrandom(ret, sizeof(*ret), 0) != sizeof(*ret))
		return -errno;
	*ret |= 1; /* 0 stands for none */
	return 0;
}

/* A place whose owner was killed before it could give it back is taken again in its turn. */
static void add_number(struct wire_trials *trials, uint64_t number)
{
	uint64_t at = __atomic_fetch_add(&trials->next, 1, __ATOMIC_SEQ_CST) % WIRE_TRIALS_MAX;

	__atomic_store_n(&trials->numbers[at], number, __ATOMIC_SEQ_CST);
}

static void remove_number(struct wire_trials *trials, uint64_t number)
{
	for (unsigned i = 0; i < WIRE_TRIALS_MAX; i++) {
		uint64_t expected = number;

		(void)__atomic_compare_exchange_n(&trials->numbers[i], &expected, 0, false,
						  __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	}
}

/* Anybody may call a map so: what is written to it tells him nothing. */
static bool is_of_trials(int fd)
{
	struct bpf_map_info info = {0};
	__u32 size = sizeof(info);

	return !bpf_obj_get_info_by_fd(fd, &info, &size) && !strcmp(info.name, WIRE_TRIALS) &&
	       info.type == BPF_MAP_TYPE_ARRAY && info.map_flags & BPF_F_MMAPABLE &&
	       info.value_size == sizeof(struct wire_trials) && info.max_entries == 1;
}

static void change_map(int fd, change_fn *change, uint64_t number)
{
	void *at;

	if (!is_of_trials(fd))
		return;
	at = mmap(NULL, sizeof(struct wire_trials), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return;
	change(at, number);
	(void)munmap(at, sizeof(struct wire_trials));
}

static void change_all(change_fn *change, uint64_t number)
{
	__u32 id = 0;

	while (!bpf_map_get_next_id(id, &id)) {
		_cleanup_close_ int fd = bpf_map_get_fd_by_id(id);

		if (fd >= 0)
			change_map(fd, change, number);
		else if (errno == EPERM)
			return;
	}
}

void trial_calls_begin(uint64_t number)
{
	change_all(add_number, number);
}

void trial_calls_end(uint64_t number)
{
	change_all(remove_number, number);
}
