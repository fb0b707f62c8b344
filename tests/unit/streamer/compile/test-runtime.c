/* SPDX-License-Identifier: Apache-2.0 */
/* --build runtime without a kernel: what is missing, what the compiler says, what the cache has.
 * The compiler is a script where what it does matters, the machine's own where its output does. */
#include <unistd.h>
#include <xxhash.h>

#include "proto/base/util.h"
#include "streamer/compile/build-cache.h"
#include "streamer/compile/compile.h"
#include "streamer/compile/compiler.h"
#include "streamer/compile/runtime.h"
#include "tests/lib/folder.h"

#define RELEASE "6.1.0-9-amd64"

struct output_folder {
	struct runtime_place place;
	char path[256];
	char cache[256];
};

static struct output_folder place_of(void *const *state)
{
	struct output_folder place = {
		.place = {.root = *state, .release = RELEASE, .build = "#1 SMP"}};

	(void)snprintf(place.path, sizeof(place.path), "/nowhere:%s/bin", (const char *)*state);
	(void)snprintf(place.cache, sizeof(place.cache), "%s/cache", (const char *)*state);
	return place;
}

static int build(struct output_folder *place, char error[512])
{
	struct runtime *runtime = NULL;
	int r;

	place->place.path = place->path;
	place->place.cache = place->cache;
	error[0] = '\0';
	r = runtime_new(&runtime, &place->place, error, 512);
	assert_true(!r == !!runtime);
	(void)runtime_free(runtime);
	return r;
}

static void assert_says(const char *error, const char *hint)
{
	if (!strstr(error, hint))
		fail_msg("\"%s\" does not say \"%s\"", error, hint);
}

static void put_script(void **state, const char *name, const char *script)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "bin/%s", name);
	folder_file(*state, path, script);
	(void)snprintf(path, sizeof(path), "%s/bin/%s", (const char *)*state, name);
	assert_ok(chmod(path, 0755));
}

static void put_headers(void **state)
{
	folder_file(*state, "lib/modules/" RELEASE "/build/include/generated/autoconf.h", "");
	folder_file(*state, "lib/modules/" RELEASE "/build/include/linux/kconfig.h", "");
}

static void without_clang_its_package_is_named(void **state)
{
	struct output_folder place = place_of(state);
	char error[512];

	put_headers(state);
	assert_int_equal(build(&place, error), -ENOENT);
	assert_says(error, "install clang");
}

static void without_headers_their_package_is_named(void **state)
{
	struct output_folder place = place_of(state);
	char error[512];

	put_script(state, "clang", "#!/bin/sh\n");
	assert_int_equal(build(&place, error), -ENOENT);
	assert_says(error, "install linux-headers-" RELEASE);
}

static void the_first_error_of_the_compiler_is_told(void **state)
{
	struct output_folder place = place_of(state);
	char error[512];

	put_headers(state);
	put_script(state, "clang",
		   "#!/bin/sh\n"
		   "echo '<stdin>:7:2: error: out of ideas' >&2\n"
		   "echo '<stdin>:8:2: error: another' >&2\n"
		   "exit 1\n");
	assert_int_equal(build(&place, error), -ENOEXEC);
	assert_says(error, "bin/clang");
	assert_says(error, "out of ideas");
	assert_null(strstr(error, "another"));
}

static void a_compiler_that_is_killed_is_told(void **state)
{
	struct output_folder place = place_of(state);
	char error[512];

	put_headers(state);
	put_script(state, "clang", "#!/bin/sh\nkill -9 $$\n");
	assert_int_equal(build(&place, error), -ENOEXEC);
	assert_says(error, "not enough memory?");
}

static void a_compiler_that_makes_nothing_is_refused(void **state)
{
	struct output_folder place = place_of(state);
	char error[512];

	put_headers(state);
	put_script(state, "clang", "#!/bin/sh\ncat >/dev/null\n");
	assert_int_not_equal(build(&place, error), 0);
	assert_says(error, "bin/clang");
}

static void clang_is_preferred_and_else_the_newest(void **state)
{
	char found[COMPILER_PATH_MAX], path[256];

	(void)snprintf(path, sizeof(path), "%s/bin", (const char *)*state);
	assert_int_equal(compiler_find(found, path), -ENOENT);
	put_script(state, "clang-9", ""); /* too old */
	assert_int_equal(compiler_find(found, path), -ENOENT);
	put_script(state, "clang-13", "");
	put_script(state, "clang-19", "");
	assert_ok(compiler_find(found, path));
	assert_says(found, "/bin/clang-19");
	put_script(state, "clang", "");
	assert_ok(compiler_find(found, path));
	assert_string_equal(found + strlen(found) - strlen("/bin/clang"), "/bin/clang");
	assert_int_equal(compiler_find(found, ""), -ENOENT);
	assert_int_equal(compiler_find(found, ":::"), -ENOENT);
}

/* One that would fail is not even asked. */
static void what_the_cache_has_is_not_compiled(void **state)
{
	const void *const parts[2] = {"types", "programs"};
	const size_t sizes[2] = {5, 8};
	struct output_folder place = place_of(state);
	struct runtime *runtime = NULL;
	char error[512] = "", text[16];
	uint64_t key = XXH64("#1 SMP", 6, compile_key());
	size_t size;
	FILE *f;

	assert_ok(build_cache_store(place.cache, RELEASE, key, parts, sizes));
	place.place.path = place.path;
	place.place.cache = place.cache;
	if (runtime_new(&runtime, &place.place, error, sizeof(error)))
		fail_msg("%s", error);
	assert_memory_equal(runtime_object(runtime, &size), "programs", 8);
	assert_int_equal(size, 8);
	f = fopen(runtime_btf_path(runtime), "r");
	assert_non_null(f);
	assert_int_equal(fread(text, 1, sizeof(text), f), 5);
	assert_memory_equal(text, "types", 5);
	(void)fclose(f);
	(void)runtime_free(runtime);

	/* The same release built anew may have other structures. */
	place.place.build = "#2 SMP";
	assert_int_equal(build(&place, error), -ENOENT);
	assert_says(error, "install clang");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_clang_its_package_is_named),
		TEST(without_headers_their_package_is_named),
		TEST(the_first_error_of_the_compiler_is_told),
		TEST(a_compiler_that_is_killed_is_told),
		TEST(a_compiler_that_makes_nothing_is_refused),
		TEST(clang_is_preferred_and_else_the_newest),
		TEST(what_the_cache_has_is_not_compiled),
	};

	return cmocka_run_group_tests_name("runtime", tests, NULL, NULL);
}
