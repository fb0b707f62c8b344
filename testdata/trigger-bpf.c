/* SPDX-License-Identifier: Apache-2.0 */
/* BPF programs and maps of known sizes, and what the kernel itself says of them through their file
 * descriptors. */
#include <errno.h>
#include <getopt.h>
#include <linux/bpf.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/util.h"
#include "testdata/json.h"
#include "testdata/memcg.h"

#define PROGRAM_INSTRUCTIONS 100u /* moves, and an exit */
#define VALUE_MAX 1024u
#define COMM "known-sizes"

static const char usage[] =
	"usage: trigger-bpf [--runs COUNT] [--hold SECONDS] --cgroup NAME\n"
	"\n"
	"Loads a program and a map of each type there is, in a cgroup of its own, fills the maps "
	"in\n"
	"part, says what the kernel says of each, one JSON object a line, runs the program COUNT\n"
	"times (0) and keeps all of it for SECONDS (5).\n";

/* Of types with another map inside, that is the first one made here. */
struct kind {
	const char *name;
	uint32_t type, key, value, max, flags;
	uint32_t fill; /* elements to put in */
	bool inner;
};

#define LPM_KEY 8 /* a prefix length, and four bytes */
#define PAGES 65536u

static const struct kind kinds[] = {
	{"k_array", BPF_MAP_TYPE_ARRAY, 4, 20, 50, 0, 0, false},
	{"k_array_mmap", BPF_MAP_TYPE_ARRAY, 4, 64, 1000, BPF_F_MMAPABLE, 0, false},
	{"k_array_cpu", BPF_MAP_TYPE_PERCPU_ARRAY, 4, 12, 30, 0, 0, false},
	{"k_hash", BPF_MAP_TYPE_HASH, 8, 16, 100, 0, 37, false},
	{"k_hash_full", BPF_MAP_TYPE_HASH, 8, 20, 64, 0, 64, false},
	{"k_hash_lazy", BPF_MAP_TYPE_HASH, 8, 16, 1000, BPF_F_NO_PREALLOC, 21, false},
	{"k_hash_cpu", BPF_MAP_TYPE_PERCPU_HASH, 4, 24, 200, 0, 11, false},
	{"k_hash_cpu_lazy", BPF_MAP_TYPE_PERCPU_HASH, 4, 24, 200, BPF_F_NO_PREALLOC, 13, false},
	{"k_lru", BPF_MAP_TYPE_LRU_HASH, 4, 8, 1024, 0, 17, false},
	{"k_lru_own", BPF_MAP_TYPE_LRU_HASH, 4, 8, 1024, BPF_F_NO_COMMON_LRU, 0, false},
	{"k_lru_cpu", BPF_MAP_TYPE_LRU_PERCPU_HASH, 4, 8, 512, 0, 9, false},
	{"k_trie", BPF_MAP_TYPE_LPM_TRIE, LPM_KEY, 4, 64, BPF_F_NO_PREALLOC, 7, false},
	{"k_queue", BPF_MAP_TYPE_QUEUE, 0, 8, 32, 0, 5, false},
	{"k_stack", BPF_MAP_TYPE_STACK, 0, 4, 16, 0, 16, false},
	{"k_ring", BPF_MAP_TYPE_RINGBUF, 0, 0, PAGES, 0, 0, false},
	{"k_ring_user", BPF_MAP_TYPE_USER_RINGBUF, 0, 0, PAGES, 0, 0, false},
	{"k_progs", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 10, 0, 0, false},
	{"k_perf", BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 8, 0, 0, false},
	{"k_cgroups", BPF_MAP_TYPE_CGROUP_ARRAY, 4, 4, 6, 0, 0, false},
	{"k_arrays", BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 5, 0, 0, true},
	{"k_hashes", BPF_MAP_TYPE_HASH_OF_MAPS, 4, 4, 40, 0, 3, true},
	{"k_traces", BPF_MAP_TYPE_STACK_TRACE, 4, 8 * 20, 100, 0, 0, false},
	{"k_bloom", BPF_MAP_TYPE_BLOOM_FILTER, 0, 8, 100, 0, 0, false},
	{"k_devices", BPF_MAP_TYPE_DEVMAP, 4, 4, 10, 0, 0, false},
	{"k_cpus", BPF_MAP_TYPE_CPUMAP, 4, 4, 2, 0, 0, false},
	{"k_sockets", BPF_MAP_TYPE_SOCKMAP, 4, 4, 10, 0, 0, false},
	{"k_sockets_hash", BPF_MAP_TYPE_SOCKHASH, 4, 4, 10, 0, 0, false},
	{"k_reuseport", BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, 4, 4, 10, 0, 0, false},
	/* 15 bytes, as long as a name can be; and none */
	{"k_hash_long_nam", BPF_MAP_TYPE_HASH, 64, 1000, 3, 0, 1, false},
	{"", BPF_MAP_TYPE_HASH, 4, 4, 1, 0, 0, false},
};

static int call(enum bpf_cmd command, union bpf_attr *attr)
{
	return (int)syscall(__NR_bpf, command, attr, sizeof(*attr));
}

static int make_map(const struct kind *kind, int inner)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = kind->type;
	attr.key_size = kind->key;
	attr.value_size = kind->value;
	attr.max_entries = kind->max;
	attr.map_flags = kind->flags;
	if (kind->inner)
		attr.inner_map_fd = (uint32_t)inner;
	memcpy(attr.map_name, kind->name, strlen(kind->name));
	return call(BPF_MAP_CREATE, &attr);
}

static int put(int fd, const struct kind *kind, uint32_t i, int inner)
{
	uint8_t key[VALUE_MAX] = {0}, value[64 * VALUE_MAX] = {0};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	if (kind->type == BPF_MAP_TYPE_LPM_TRIE) {
		const uint32_t length = 32;

		memcpy(key, &length, sizeof(length));
		memcpy(key + sizeof(length), &i, sizeof(i));
	} else {
		memcpy(key, &i, sizeof(i));
	}
	if (kind->inner)
		memcpy(value, &inner, sizeof(inner));
	attr.map_fd = (uint32_t)fd;
	attr.key = kind->key ? (uint64_t)(uintptr_t)key : 0;
	attr.value = (uint64_t)(uintptr_t)value;
	return call(BPF_MAP_UPDATE_ELEM, &attr);
}

/* "NAME:" of a descriptor's fdinfo; -1: there is none. */
static long long fdinfo(int fd, const char *name, char *text, size_t size)
{
	_cleanup_fclose_ FILE *f = NULL;
	char path[64], line[256];
	const size_t length = strlen(name);

	(void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		if (strncmp(line, name, length) != 0 || line[length] != ':')
			continue;
		line[strcspn(line, "\n")] = '\0';
		if (text)
			(void)snprintf(text, size, "%s", line + length + 2);
		return strtoll(line + length + 1, NULL, 0);
	}
	return -1;
}

static void say_owner(const struct memcg *memcg)
{
	printf(",\"pid\":%d,\"comm\":\"" COMM "\",\"cgroup\":", (int)getpid());
	json_string(stdout, memcg->path);
}

static void say_map(const struct kind *kind, int fd, const struct memcg *memcg)
{
	printf("{\"object\":\"map\",\"id\":%lld,\"name\":", fdinfo(fd, "map_id", NULL, 0));
	json_string(stdout, kind->name);
	printf(",\"type\":%u,\"key_bytes\":%u,\"value_bytes\":%u,\"max_entries\":%u,\"flags\":%lld,"
	       "\"entries\":%u,\"memory_bytes\":%lld",
	       kind->type, kind->key, kind->value, kind->max, fdinfo(fd, "map_flags", NULL, 0),
	       kind->fill, fdinfo(fd, "memlock", NULL, 0));
	say_owner(memcg);
	printf("}\n");
}

static int make_maps(const struct memcg *memcg)
{
	int inner = -1;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		int fd = make_map(&kinds[i], inner);

		if (fd < 0) { /* this kernel has no such type */
			fprintf(stderr, "trigger-bpf: no %s: %s\n", kinds[i].name, strerror(errno));
			continue;
		}
		if (inner < 0)
			inner = fd;
		for (uint32_t n = 0; n < kinds[i].fill; n++)
			if (put(fd, &kinds[i], n, inner))
				return -errno;
		say_map(&kinds[i], fd, memcg);
	}
	return 0;
}

static int load_program(void)
{
	struct bpf_insn code[PROGRAM_INSTRUCTIONS];
	union bpf_attr attr;

	for (unsigned i = 0; i + 1 < PROGRAM_INSTRUCTIONS; i++)
		code[i] = (struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_K,
					    .dst_reg = 0,
					    .imm = (int)i};
	code[PROGRAM_INSTRUCTIONS - 1] = (struct bpf_insn){.code = BPF_JMP | BPF_EXIT};
	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insns = (uint64_t)(uintptr_t)code;
	attr.insn_cnt = PROGRAM_INSTRUCTIONS;
	attr.license = (uint64_t)(uintptr_t) "Apache-2.0";
	memcpy(attr.prog_name, "known_program", sizeof("known_program"));
	return call(BPF_PROG_LOAD, &attr);
}

static int run_program(int fd, uint32_t runs)
{
	uint8_t packet[64] = {0};
	union bpf_attr attr;

	if (!runs)
		return 0;
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = (uint32_t)fd;
	attr.test.repeat = runs;
	attr.test.data_in = (uint64_t)(uintptr_t)packet;
	attr.test.data_size_in = sizeof(packet);
	return call(BPF_PROG_TEST_RUN, &attr) ? -errno : 0;
}

static int make_program(uint32_t runs, const struct memcg *memcg)
{
	struct bpf_prog_info info = {0};
	char tag[32] = "";
	union bpf_attr attr;
	int fd = load_program(), r;

	if (fd < 0)
		return -errno;
	r = run_program(fd, runs);
	if (r)
		return r;
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (uint32_t)fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uint64_t)(uintptr_t)&info;
	if (call(BPF_OBJ_GET_INFO_BY_FD, &attr))
		return -errno;
	(void)fdinfo(fd, "prog_tag", tag, sizeof(tag));
	printf("{\"object\":\"program\",\"id\":%u,\"name\":\"known_program\",\"type\":%u,\"tag\":",
	       info.id, info.type);
	json_string(stdout, tag);
	printf(",\"instructions\":%u,\"jited_bytes\":%u,\"uid\":%u,\"runs\":%u,"
	       "\"memory_bytes\":%lld,\"verified_instructions\":%lld",
	       PROGRAM_INSTRUCTIONS, info.jited_prog_len, (unsigned)getuid(), runs,
	       fdinfo(fd, "memlock", NULL, 0), fdinfo(fd, "verified_insns", NULL, 0));
	say_owner(memcg);
	printf("}\n");
	return 0;
}

static int run(const char *cgroup, uint32_t runs, unsigned hold)
{
	const struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
	struct memcg memcg;
	int r = memcg_make(&memcg, cgroup);
	pid_t child;
	int status;

	if (r)
		return r;
	(void)setrlimit(RLIMIT_MEMLOCK, &unlimited);
	child = fork();
	if (!child) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)prctl(PR_SET_NAME, COMM);
		r = memcg_enter(&memcg);
		if (!r)
			r = make_program(runs, &memcg);
		if (!r)
			r = make_maps(&memcg);
		if (!r && fflush(stdout))
			r = -errno;
		if (!r)
			(void)sleep(hold);
		_exit(r ? 1 : 0);
	}
	r = child < 0 ? -errno : 0;
	if (!r && (waitpid(child, &status, 0) != child || status))
		r = -ECHILD;
	return memcg_remove(&memcg) ?: r;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"runs", required_argument, NULL, 'r'},
						{"hold", required_argument, NULL, 'h'},
						{"cgroup", required_argument, NULL, 'c'},
						{0}};
	const char *cgroup = NULL;
	unsigned hold = 5;
	uint32_t runs = 0;
	int option, r;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'r')
			runs = (uint32_t)strtoul(optarg, NULL, 10);
		else if (option == 'h')
			hold = (unsigned)strtoul(optarg, NULL, 10);
		else if (option == 'c')
			cgroup = optarg;
		else
			break;
	}
	if (option != -1 || !cgroup || argc != optind) {
		(void)fputs(usage, stderr);
		return 2;
	}
	r = run(cgroup, runs, hold);
	if (r)
		fprintf(stderr, "trigger-bpf: %s\n", strerror(-r));
	return r ? 1 : 0;
}
