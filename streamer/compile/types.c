/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/compile/types.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <bpf/btf.h>

#include "proto/base/util.h"
#include "streamer/compile/btf-cut.h"
#include "streamer/compile/btf-raw.h"

#define INPUT_MAX (64u * 1024 * 1024)
#define NAMES_MAX 256u
#define FOUND_MAX 1024u
#define NAME_MAX_LENGTH 63u

/* Functions and tracepoints somebody may ask for; see tiers.c. */
static const char *const functions[] = {"oom_kill_process",      "__secure_computing",
					"__seccomp_filter",      "audit_seccomp",
					"bpf_iter_bpf_map_elem", "fprobe_return",
					"tcp_recvmsg",           "tcp_sendmsg",
					"bpf_iter_task_file",    "bpf_iter_bpf_prog",
					"bpf_iter_bpf_map",      "exit_files",
					"bpf_rdonly_cast"};
static const char *const tracepoints[] = {"mark_victim",        "signal_generate",
					  "sched_process_exit", "sys_enter",
					  "sys_exit",           "sock_recv_length",
					  "sock_send_length",   "tcp_rcv_space_adjust",
					  "tcp_probe",          "emulate_vsyscall"};

struct name {
	const char *text;
	uint32_t offset; /* in the BTF's strings; 0: not there */
	uint32_t id;     /* of the type found: functions and tracepoints, of which there is one */
};

struct types {
	uint8_t *data;
	size_t size;
	bool mapped; /* data is a mapping */
	struct btf_raw raw;
	struct name names[NAMES_MAX]; /* structs and enums */
	size_t n_names;
	struct name functions[ARRAY_SIZE(functions)];
	struct name tracepoints[ARRAY_SIZE(tracepoints)];
	char tracepoint_names[ARRAY_SIZE(tracepoints)][NAME_MAX_LENGTH + 1];
	uint32_t found[FOUND_MAX]; /* types of these names: libbpf chooses, where there are several
				    */
	size_t n_found;
	bool has_functions;
	int fd;
	char path[32];
};

static void drop_data(struct types *types)
{
	if (types->mapped)
		(void)munmap(types->data, types->size);
	else
		free(types->data);
	types->data = NULL;
	types->mapped = false;
}

struct types *types_free(struct types *types)
{
	if (!types)
		return NULL;
	util_closep(&types->fd);
	btf_raw_done(&types->raw);
	drop_data(types);
	free(types);
	return NULL;
}

DEFINE_FREEP(types);

/* 6.16: "btf: Allow mmap of vmlinux btf". Before, it has to be read, page by page. */
static bool map_raw(struct types *types, int fd)
{
	struct stat st;
	void *at;

	if (fstat(fd, &st) || st.st_size <= 0 || st.st_size > INPUT_MAX)
		return false;
	at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (at == MAP_FAILED)
		return false;
	types->data = at;
	types->size = (size_t)st.st_size;
	types->mapped = true;
	return true;
}

static int read_raw(struct types *types, int fd)
{
	size_t room = 8u * 1024 * 1024;

	for (;;) {
		uint8_t *larger = realloc(types->data, room);
		ssize_t n;

		if (!larger)
			return -ENOMEM;
		types->data = larger;
		n = read_full(fd, types->data + types->size, room - types->size);
		if (n < 0)
			return (int)n;
		types->size += (size_t)n;
		if (types->size < room)
			return 0;
		if (room >= INPUT_MAX)
			return -EFBIG;
		room *= 2;
	}
}

static int take_raw(struct types *types, const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return map_raw(types, fd) ? 0 : read_raw(types, fd);
}

/* An ELF file with a .BTF section: libbpf takes it out. */
static int read_elf(struct types *types, const char *path)
{
	struct btf *btf = btf__parse(path, NULL);
	const void *raw;
	__u32 size;
	int r = 0;

	if (!btf)
		return -EBADMSG;
	raw = btf__raw_data(btf, &size);
	drop_data(types);
	types->data = malloc(size);
	if (types->data)
		memcpy(types->data, raw, size);
	else
		r = -ENOMEM;
	types->size = size;
	btf__free(btf);
	return r;
}

/* The wanted names by length: most of the kernel's 100,000 strings are ruled out by that. */
struct lookup {
	struct name *list[NAMES_MAX + ARRAY_SIZE(functions) + ARRAY_SIZE(tracepoints)];
	uint16_t begin[NAME_MAX_LENGTH + 2]; /* by length, into list */
};

static void lookup_add(struct lookup *lookup, struct name *names, size_t n, size_t length,
		       uint16_t *at)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(names[i].text) == length)
			lookup->list[(*at)++] = &names[i];
}

static void lookup_init(struct lookup *lookup, struct types *types)
{
	uint16_t at = 0;

	for (size_t length = 0; length <= NAME_MAX_LENGTH; length++) {
		lookup->begin[length] = at;
		lookup_add(lookup, types->names, types->n_names, length, &at);
		lookup_add(lookup, types->functions, ARRAY_SIZE(functions), length, &at);
		lookup_add(lookup, types->tracepoints, ARRAY_SIZE(tracepoints), length, &at);
	}
	lookup->begin[NAME_MAX_LENGTH + 1] = at;
}

/* Each string is in a BTF once, so a name is its offset from here on. */
static void find_strings(struct types *types)
{
	struct lookup lookup;
	uint32_t at = 0;

	lookup_init(&lookup, types);
	while (at < types->raw.strings_size) {
		const char *text = types->raw.strings + at;
		size_t length = strlen(text);

		for (unsigned i = length <= NAME_MAX_LENGTH ? lookup.begin[length] : 0,
			      end = length <= NAME_MAX_LENGTH ? lookup.begin[length + 1] : 0;
		     i < end; i++)
			if (!memcmp(lookup.list[i]->text, text, length))
				lookup.list[i]->offset = at;
		at += (uint32_t)length + 1;
	}
}

static bool is_struct_or_enum(unsigned kind)
{
	return kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION || kind == BTF_KIND_ENUM ||
	       kind == BTF_KIND_ENUM64;
}

static void note_id(struct name *names, size_t n, uint32_t offset, uint32_t id)
{
	for (size_t i = 0; i < n; i++)
		if (names[i].offset == offset && !names[i].id)
			names[i].id = id;
}

static int note_type(struct types *types, const struct btf_type *t, uint32_t id)
{
	unsigned kind = btf_kind(t);

	if (kind == BTF_KIND_FUNC)
		note_id(types->functions, ARRAY_SIZE(functions), t->name_off, id);
	else if (kind == BTF_KIND_TYPEDEF)
		note_id(types->tracepoints, ARRAY_SIZE(tracepoints), t->name_off, id);
	if (!is_struct_or_enum(kind))
		return 0;
	for (size_t i = 0; i < types->n_names; i++) {
		if (types->names[i].offset != t->name_off)
			continue;
		if (types->n_found == FOUND_MAX)
			return -E2BIG;
		types->found[types->n_found++] = id;
		break;
	}
	return 0;
}

/* One bit for each string offset that is wanted, modulo: a cheap no for nearly all types. */
struct sieve {
	uint64_t bits[1024];
};

static void sieve_add(struct sieve *sieve, const struct name *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (names[i].offset)
			sieve->bits[names[i].offset / 64 % 1024] |= 1ull << names[i].offset % 64;
}

static bool sieve_has(const struct sieve *sieve, uint32_t offset)
{
	return sieve->bits[offset / 64 % 1024] >> offset % 64 & 1;
}

static int find_types(struct types *types)
{
	struct sieve sieve = {0};
	int r = 0;

	sieve_add(&sieve, types->names, types->n_names);
	sieve_add(&sieve, types->functions, ARRAY_SIZE(functions));
	sieve_add(&sieve, types->tracepoints, ARRAY_SIZE(tracepoints));
	for (uint32_t id = 1; !r && id < types->raw.n; id++) {
		const struct btf_type *t = btf_raw_type(&types->raw, id);

		types->has_functions |= btf_kind(t) == BTF_KIND_FUNC;
		if (t->name_off && sieve_has(&sieve, t->name_off))
			r = note_type(types, t, id);
	}
	return r;
}

/* "kernfs_node___old" is another shape of kernfs_node. */
static int want_type(struct types *types, const char *text)
{
	const char *flavour = strstr(text, "___");
	size_t length = flavour ? (size_t)(flavour - text) : strlen(text);

	for (size_t i = 0; i < types->n_names; i++)
		if (!strncmp(types->names[i].text, text, length) && !types->names[i].text[length])
			return 0;
	if (!length || length > NAME_MAX_LENGTH || flavour)
		return 0;
	if (types->n_names == NAMES_MAX)
		return -E2BIG;
	types->names[types->n_names++].text = text;
	return 0;
}

static int want_all(struct types *types, const struct btf *wanted)
{
	int r = 0;

	for (uint32_t id = 1; !r && id < btf__type_cnt(wanted); id++) {
		const struct btf_type *t = btf__type_by_id(wanted, id);

		if (is_struct_or_enum(btf_kind(t)))
			r = want_type(types, btf__name_by_offset(wanted, t->name_off));
	}
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
		types->functions[i].text = functions[i];
	for (size_t i = 0; i < ARRAY_SIZE(tracepoints); i++) {
		(void)snprintf(types->tracepoint_names[i], sizeof(types->tracepoint_names[i]),
			       "btf_trace_%s", tracepoints[i]);
		types->tracepoints[i].text = types->tracepoint_names[i];
	}
	return r;
}

static int write_small(struct types *types)
{
	types->fd = memfd_create("ringside-types", MFD_CLOEXEC);
	if (types->fd < 0)
		return -errno;
	(void)snprintf(types->path, sizeof(types->path), "/proc/self/fd/%d", types->fd);
	return btf_cut(&types->raw, types->found, types->n_found, types->fd);
}

int types_new(struct types **ret, const char *path, const struct btf *wanted)
{
	_cleanup_(types_freep) struct types *types = calloc(1, sizeof(*types));
	int r;

	if (!types)
		return -ENOMEM;
	types->fd = -1;
	r = take_raw(types, path ? path : TYPES_KERNEL);
	if (!r && path && types->size >= 4 && !memcmp(types->data, "\177ELF", 4))
		r = read_elf(types, path);
	if (!r)
		r = btf_raw_init(&types->raw, types->data, types->size);
	if (!r)
		r = want_all(types, wanted);
	if (r)
		return r;
	find_strings(types);
	r = find_types(types);
	if (!r)
		r = write_small(types);
	if (!r)
		*ret = TAKE_PTR(types);
	return r;
}

const char *types_path(const struct types *types)
{
	return types->path;
}

bool types_are_carried(void)
{
	return !access(TYPES_KERNEL, F_OK);
}

bool types_have_functions(const struct types *types)
{
	return types->has_functions;
}

uint32_t types_function(const struct types *types, const char *name, unsigned *ret_params)
{
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		const struct btf_type *t = btf_raw_type(&types->raw, types->functions[i].id);

		if (!t || strcmp(functions[i], name) != 0)
			continue;
		t = btf_raw_type(&types->raw, t->type);
		*ret_params = t && btf_kind(t) == BTF_KIND_FUNC_PROTO ? btf_vlen(t) : 0;
		return types->functions[i].id;
	}
	return 0;
}

uint32_t types_struct(const struct types *types, const char *name)
{
	uint32_t id = 0;

	for (size_t i = 0; i < types->n_found; i++) {
		const struct btf_type *t = btf_raw_type(&types->raw, types->found[i]);

		if (!btf_is_struct(t) ||
		    strcmp(btf_raw_string(&types->raw, t->name_off), name) != 0)
			continue;
		if (id)
			return 0;
		id = types->found[i];
	}
	return id;
}

/* typedef void (*btf_trace_NAME)(void *, ...): the first parameter is the probe's own. */
bool types_tracepoint(const struct types *types, const char *name, bool *ret_pointer)
{
	for (size_t i = 0; i < ARRAY_SIZE(tracepoints); i++) {
		const struct btf_type *t = btf_raw_type(&types->raw, types->tracepoints[i].id);

		if (!t || strcmp(tracepoints[i], name) != 0)
			continue;
		t = btf_raw_type(&types->raw, t->type);
		t = t && btf_is_ptr(t) ? btf_raw_type(&types->raw, t->type) : NULL;
		if (!t || btf_kind(t) != BTF_KIND_FUNC_PROTO)
			return false;
		*ret_pointer = false;
		if (btf_vlen(t) > 1) {
			const struct btf_type *arg =
				btf_raw_type(&types->raw, btf_params(t)[1].type);

			*ret_pointer = arg && btf_is_ptr(arg);
		}
		return true;
	}
	return false;
}
