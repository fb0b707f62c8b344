/* SPDX-License-Identifier: Apache-2.0 */
/* Puts into a map of a streamer's probe signal_kill what its programs may leave there: until it is
 * full, entries of processes that do not exist. */
#include <dirent.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define VALUE_MAX 1024u

static const char usage[] = "usage: fill-map PID MAP held|gone|empty|left\n"
			    "\n"
			    "held: they stay; gone: their processes are known to be gone; empty: "
			    "takes them out again; left: only counts them.\n"
			    "Says how many it put in, took out or found.\n";

/* As the programs have it. */
struct key {
	uint32_t pid, of;
	uint64_t start_boottime, write;
};

static int bpf(int command, union bpf_attr *attr)
{
	return (int)syscall(__NR_bpf, command, attr, sizeof(*attr));
}

/* The map behind one of a process's files; 0: it is none. */
static uint32_t map_id(const char *path)
{
	FILE *f = fopen(path, "re");
	char line[128];
	uint32_t id = 0;

	while (f && !id && fgets(line, sizeof(line), f))
		(void)sscanf(line, "map_id: %u", &id);
	if (f)
		(void)fclose(f);
	return id;
}

static int open_id(uint32_t id, struct bpf_map_info *ret)
{
	union bpf_attr by_id = {.map_id = id}, attr = {0};
	int fd = bpf(BPF_MAP_GET_FD_BY_ID, &by_id);

	attr.info.bpf_fd = (uint32_t)fd;
	attr.info.info_len = sizeof(*ret);
	attr.info.info = (uintptr_t)ret;
	return fd >= 0 && !bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) ? fd : -1;
}

static int open_map(const char *pid, const char *name, struct bpf_map_info *ret)
{
	char folder[64], path[512];
	struct dirent *entry;
	int fd = -1;
	DIR *dir;

	(void)snprintf(folder, sizeof(folder), "/proc/%s/fdinfo", pid);
	dir = opendir(folder);
	while (dir && fd < 0 && (entry = readdir(dir))) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (map_id(path))
			fd = open_id(map_id(path), ret);
		if (fd >= 0 && strcmp(ret->name, name)) {
			(void)close(fd);
			fd = -1;
		}
	}
	if (dir)
		(void)closedir(dir);
	return fd;
}

/* The pointer to the process is the last of the value. Behind ours there is none of that start. */
static int put(int fd, const struct bpf_map_info *info, uint32_t i, bool gone)
{
	uint8_t value[VALUE_MAX] = {0};
	const uint64_t leader = gone ? 8 : 0;
	const struct key key = {.pid = i + 1, .start_boottime = 1};
	union bpf_attr attr = {.map_fd = (uint32_t)fd,
			       .key = (uintptr_t)&key,
			       .value = (uintptr_t)value,
			       .flags = BPF_ANY};

	memcpy(value + info->value_size - sizeof(leader), &leader, sizeof(leader));
	return bpf(BPF_MAP_UPDATE_ELEM, &attr);
}

static int take(int fd, uint32_t i)
{
	const struct key key = {.pid = i + 1, .start_boottime = 1};
	union bpf_attr attr = {.map_fd = (uint32_t)fd, .key = (uintptr_t)&key};

	return bpf(BPF_MAP_DELETE_ELEM, &attr);
}

static int find(int fd, uint32_t i)
{
	uint8_t value[VALUE_MAX];
	const struct key key = {.pid = i + 1, .start_boottime = 1};
	union bpf_attr attr = {.map_fd = (uint32_t)fd,
			       .key = (uintptr_t)&key,
			       .value = (uintptr_t)value};

	return bpf(BPF_MAP_LOOKUP_ELEM, &attr);
}

static int apply(int fd, const struct bpf_map_info *info, uint32_t i, const char *what)
{
	if (!strcmp(what, "empty"))
		return take(fd, i);
	if (!strcmp(what, "left"))
		return find(fd, i);
	return put(fd, info, i, !strcmp(what, "gone"));
}

int main(int argc, char **argv)
{
	struct bpf_map_info info = {0};
	uint32_t n = 0;
	int fd;

	if (argc != 4) {
		(void)fputs(usage, stderr);
		return 2;
	}
	fd = open_map(argv[1], argv[2], &info);
	if (fd < 0 || info.key_size != sizeof(struct key) || info.value_size > VALUE_MAX) {
		fprintf(stderr, "fill-map: %s: not such a map\n", argv[2]);
		return 1;
	}
	for (uint32_t i = 0; i < info.max_entries; i++)
		n += !apply(fd, &info, i, argv[3]);
	printf("%u\n", n);
	return 0;
}
