/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/compile/runtime.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <xxhash.h>

#include "proto/base/util.h"
#include "streamer/compile/build-cache.h"
#include "streamer/compile/compile.h"
#include "streamer/compile/compiler.h"
#include "streamer/compile/headers.h"

struct runtime {
	void *data;      /* both parts, one behind the other */
	size_t sizes[2]; /* BTF, object */
	int btf;         /* memory */
	char btf_path[32];
};

DEFINE_FREEP(runtime);

struct runtime *runtime_free(struct runtime *runtime)
{
	if (!runtime)
		return NULL;
	util_closep(&runtime->btf);
	free(runtime->data);
	free(runtime);
	return NULL;
}

const struct runtime_place *runtime_here(void)
{
	static struct utsname name;
	static struct runtime_place place = {
		.root = "",
		.release = name.release,
		.build = name.version,
		.path = "/usr/local/bin:/usr/bin:/bin",
		.cache = BUILD_CACHE_FOLDER,
	};

	(void)uname(&name);
	return &place;
}

static int compile_programs(struct runtime *runtime, const struct runtime_place *place, char *error,
			    size_t size)
{
	char clang[COMPILER_PATH_MAX];
	struct headers headers;
	int r = compiler_find(clang, place->path);

	if (r)
		return refuse(error, size, r, "clang is missing: install clang");
	r = headers_find(&headers, place->root, place->release, error, size);
	return r ? r : compile_all(&runtime->data, runtime->sizes, clang, &headers, error, size);
}

static void keep_build(const struct runtime *runtime, const struct runtime_place *place,
		       uint64_t key)
{
	const void *const parts[2] = {runtime->data,
				      (const uint8_t *)runtime->data + runtime->sizes[0]};

	(void)build_cache_store(place->cache, place->release, key, parts, runtime->sizes);
}

static int write_btf(struct runtime *runtime)
{
	runtime->btf = memfd_create("ringside-btf", MFD_CLOEXEC);
	if (runtime->btf < 0)
		return -errno;
	(void)snprintf(runtime->btf_path, sizeof(runtime->btf_path), "/proc/self/fd/%d",
		       runtime->btf);
	return write_all(runtime->btf, runtime->data, runtime->sizes[0]);
}

int runtime_new(struct runtime **ret, const struct runtime_place *place, char *error, size_t size)
{
	_cleanup_(runtime_freep) struct runtime *runtime = calloc(1, sizeof(*runtime));
	uint64_t key;
	int r;

	if (!runtime)
		return -ENOMEM;
	runtime->btf = -1;
	key = compile_key();
	key = XXH64(place->build, strlen(place->build), key);
	if (build_cache_load(place->cache, place->release, key, &runtime->data, runtime->sizes)) {
		r = compile_programs(runtime, place, error, size);
		if (r)
			return r;
		keep_build(runtime, place, key);
	}
	r = write_btf(runtime);
	if (!r)
		*ret = TAKE_PTR(runtime);
	return r;
}

const void *runtime_object(const struct runtime *runtime, size_t *ret_size)
{
	*ret_size = runtime->sizes[1];
	return (const uint8_t *)runtime->data + runtime->sizes[0];
}

const char *runtime_btf_path(const struct runtime *runtime)
{
	return runtime->btf_path;
}
