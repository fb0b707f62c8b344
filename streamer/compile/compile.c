/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's headers are full of assembly for its own processor, which a compiler for BPF does
 * not take. So they are read by a compiler for that processor, of which only the types are wanted;
 * its intermediate form holds no code then, and goes on to the BPF side, which makes BTF of them.
 */
#include "streamer/compile/compile.h"

#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <xxhash.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "bpf/rs_sources.h"
#include "bpf/wire/wire.h"
#include "proto/base/util.h"
#include "streamer/compile/compiler.h"
#include "streamer/compile/headers.h"

#if defined(__x86_64__)
#define TARGET "x86_64-linux-gnu"
#define ARCH "x86"
#elif defined(__aarch64__)
#define TARGET "aarch64-linux-gnu"
#define ARCH "arm64"
#endif

/* As the kernel is built, where that matters to a structure or to what its headers accept. */
static const char *const types_args[] = {"-target", TARGET, "-std=gnu11", "-fms-extensions",
					 "-fshort-wchar", "-g", "-O2", "-Xclang",
					 "-disable-llvm-passes", "-Wno-everything", "-nostdlibinc",
					 "-D__KERNEL__", "-DKBUILD_MODNAME=\"ringside\"",
					 "-DKBUILD_BASENAME=\"ringside\"",
					 /* 6.18 and later ask for these two */
					 "-DCC_USING_FENTRY", "-D__typeof_unqual__=__typeof__",
					 "-S", "-emit-llvm", "-o", "-", "-x", "c", "-"};

static const char *const btf_args[] = {"-target", "bpf", "-g", "-O2", "-Wno-everything",
				       "-c",      "-o",  "-",  "-x",  "ir",
				       "-",       NULL};

/* As bpf/meson.build has it for the legacy variant. */
static const char *const program_args[] = {"-target",
					   "bpf",
					   "-mcpu=v3",
					   "-g",
					   "-O2",
					   "-mllvm",
					   "-disable-block-placement",
					   "-Wno-everything",
					   "-c",
					   "-o",
					   "-",
					   "-x",
					   "cpp-output",
					   "-",
					   NULL};

#define PROBE_SOURCE(NAME, name, field) {#name, source_##name, sizeof(source_##name) - 1},
static const struct {
	const char *name;
	const char *text;
	size_t size;
} sources[] = {WIRE_PROBES(PROBE_SOURCE)};
#undef PROBE_SOURCE

struct build {
	struct compiler_run types;
	struct compiler_run programs[WIRE_PROBE_COUNT];
	struct compiler_run btf;
	int object; /* memory */
};

static void build_done(struct build *build)
{
	compiler_run_done(&build->types);
	compiler_run_done(&build->btf);
	for (size_t i = 0; i < ARRAY_SIZE(build->programs); i++)
		compiler_run_done(&build->programs[i]);
	util_closep(&build->object);
}

uint64_t compile_key(void)
{
	uint64_t key = XXH64(RINGSIDE_VERSION, strlen(RINGSIDE_VERSION), 0);

	key = XXH64(source_types, sizeof(source_types), key);
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		key = XXH64(sources[i].text, sources[i].size, key);
	for (size_t i = 0; i < ARRAY_SIZE(types_args); i++)
		key = XXH64(types_args[i], strlen(types_args[i]), key);
	for (size_t i = 0; btf_args[i]; i++)
		key = XXH64(btf_args[i], strlen(btf_args[i]), key);
	for (size_t i = 0; program_args[i]; i++)
		key = XXH64(program_args[i], strlen(program_args[i]), key);
	return key;
}

/* Folders and files as the kernel's Makefile has them in LINUXINCLUDE. */
#define ARGUMENT_MAX (HEADERS_PATH_MAX + 64)

struct types_args {
	const char *list[COMPILER_ARGS_MAX];
	size_t n;
	char room[12][ARGUMENT_MAX];
	size_t used;
};

_printf_(2, 3) static void add_arg(struct types_args *args, const char *format, ...)
{
	va_list list;

	if (args->used == ARRAY_SIZE(args->room) || args->n + 2 > COMPILER_ARGS_MAX)
		return;
	va_start(list, format);
	(void)vsnprintf(args->room[args->used], ARGUMENT_MAX, format, list);
	va_end(list);
	args->list[args->n++] = args->room[args->used++];
}

static void add_file(struct types_args *args, const struct headers *headers, const char *file)
{
	char path[ARGUMENT_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", headers->source, file);
	if (access(path, R_OK)) /* compiler-version.h is 5.14 */
		return;
	args->list[args->n++] = "-include";
	add_arg(args, "%s", path);
}

static int start_types(struct compiler_run *run, const char *clang, const struct headers *headers)
{
	const char *build = headers->build, *source = headers->source;
	struct types_args args = {0};

	add_arg(&args, "-I%s/arch/" ARCH "/include", source);
	add_arg(&args, "-I%s/arch/" ARCH "/include/generated", build);
	add_arg(&args, "-I%s/include", source);
	add_arg(&args, "-I%s/include", build);
	add_arg(&args, "-I%s/arch/" ARCH "/include/uapi", source);
	add_arg(&args, "-I%s/arch/" ARCH "/include/generated/uapi", build);
	add_arg(&args, "-I%s/include/uapi", source);
	add_arg(&args, "-I%s/include/generated/uapi", build);
	add_file(&args, headers, "include/linux/compiler-version.h");
	add_file(&args, headers, "include/linux/kconfig.h");
	add_file(&args, headers, "include/linux/compiler_types.h");
	for (size_t i = 0; i < ARRAY_SIZE(types_args) && args.n + 1 < COMPILER_ARGS_MAX; i++)
		args.list[args.n++] = types_args[i];
	return compiler_start(run, clang, args.list, source_types, sizeof(source_types) - 1);
}

static int map_output(int fd, char **ret, size_t *ret_size)
{
	struct stat st;
	void *at;

	if (fstat(fd, &st))
		return -errno;
	if (st.st_size <= 0)
		return -ENODATA;
	at = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		return -errno;
	*ret = at;
	*ret_size = (size_t)st.st_size;
	return 0;
}

/* "target datalayout = …" and "target triple = …" name the kernel's processor: comments of them. */
static void forget_target(char *text, size_t size)
{
	static const char target[] = "\ntarget ";
	char *at = text;

	while ((at = memmem(at, size - (size_t)(at - text), target, sizeof(target) - 1)))
		*++at = ';';
}

static int start_btf(struct build *build, const char *clang)
{
	char *text = NULL;
	size_t size = 0;
	int r = map_output(build->types.out, &text, &size);

	if (r)
		return r;
	forget_target(text, size);
	r = compiler_start(&build->btf, clang, btf_args, text, size);
	(void)munmap(text, size);
	return r;
}

/* The kernel's part first: it takes longest. */
static int run_all(struct build *build, const char *clang, const struct headers *headers,
		   char *error, size_t size)
{
	char why[256] = "";
	int r = start_types(&build->types, clang, headers);

	for (size_t i = 0; !r && i < ARRAY_SIZE(sources); i++)
		r = compiler_start(&build->programs[i], clang, program_args, sources[i].text,
				   sources[i].size);
	if (!r)
		r = compiler_finish(&build->types, why, sizeof(why));
	if (!r)
		r = start_btf(build, clang);
	if (!r)
		r = compiler_finish(&build->btf, why, sizeof(why));
	if (r == -ENOEXEC)
		(void)snprintf(error, size, "%s does not get the types out of %s: %s", clang,
			       headers->build, why);
	for (size_t i = 0; !r && i < ARRAY_SIZE(sources); i++) {
		r = compiler_finish(&build->programs[i], why, sizeof(why));
		if (r == -ENOEXEC)
			(void)snprintf(error, size, "%s does not compile %s: %s", clang,
				       sources[i].name, why);
	}
	if (r && r != -ENOEXEC)
		(void)snprintf(error, size, "%s cannot be run: %s", clang, strerrordesc_np(-r));
	return r;
}

static int link_programs(struct build *build)
{
	char path[32];
	struct bpf_linker *linker;
	int r = 0;

	build->object = memfd_create("ringside-object", MFD_CLOEXEC);
	if (build->object < 0)
		return -errno;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", build->object);
	linker = bpf_linker__new(path, NULL);
	if (!linker)
		return -errno;
	for (size_t i = 0; !r && i < ARRAY_SIZE(build->programs); i++) {
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", build->programs[i].out);
		r = bpf_linker__add_file(linker, path, NULL);
	}
	if (!r)
		r = bpf_linker__finalize(linker);
	bpf_linker__free(linker);
	return r;
}

static int collect_sources(const struct build *build, uint8_t **data, size_t sizes[2])
{
	char path[32], *object = NULL;
	struct btf *btf;
	const void *raw;
	__u32 n;
	int r;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", build->btf.out);
	btf = btf__parse(path, NULL);
	if (!btf)
		return -EBADMSG;
	raw = btf__raw_data(btf, &n);
	r = map_output(build->object, &object, &sizes[1]);
	if (!r) {
		sizes[0] = n;
		*data = malloc(sizes[0] + sizes[1]);
		if (*data)
			memcpy(mempcpy(*data, raw, n), object, sizes[1]);
		else
			r = -ENOMEM;
		(void)munmap(object, sizes[1]);
	}
	btf__free(btf);
	return r;
}

int compile_all(void **ret_data, size_t ret_sizes[2], const char *clang,
		const struct headers *headers, char *error, size_t size)
{
	_cleanup_(build_done) struct build build = {.types = COMPILER_RUN_NULL,
						    .btf = COMPILER_RUN_NULL,
						    .object = -1};
	_cleanup_free_ uint8_t *data = NULL;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(build.programs); i++)
		build.programs[i] = COMPILER_RUN_NULL;
	r = run_all(&build, clang, headers, error, size);
	if (r)
		return r;
	r = link_programs(&build);
	if (!r)
		r = collect_sources(&build, &data, ret_sizes);
	if (r)
		return refuse(error, size, r, "what %s makes cannot be used: %s", clang,
			      strerrordesc_np(-r));
	*ret_data = TAKE_PTR(data);
	return 0;
}
