/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept of a compilation, and what is not believed. */
#include <dirent.h>
#include <fcntl.h>

#include "proto/base/util.h"
#include "streamer/compile/build-cache.h"
#include "tests/lib/folder.h"

#define RELEASE "6.1.0-9-amd64"
#define KEY 0x0123456789abcdefull
#define NAME RELEASE "-0123456789abcdef.bpf"

static const void *const parts[2] = {"types", "programs"};
static const size_t sizes[2] = {5, 8};

static int load(const char *folder, uint64_t key)
{
	size_t found[2] = {0};
	char *data = NULL;
	int r = build_cache_load(folder, RELEASE, key, (void **)&data, found);

	if (!r) {
		assert_int_equal(found[0], sizes[0]);
		assert_int_equal(found[1], sizes[1]);
		assert_memory_equal(data, "typesprograms", 13);
	}
	free(data);
	return r;
}

static void cache_folder(char path[256], void *const *state)
{
	(void)snprintf(path, 256, "%s/cache", (const char *)*state);
}

static void path_of(char path[512], const char *folder)
{
	(void)snprintf(path, 512, "%s/" NAME, folder);
}

static unsigned count(const char *folder)
{
	DIR *dir = opendir(folder);
	unsigned n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	(void)closedir(dir);
	return n - 2; /* "." and ".." */
}

static void the_name_has_release_and_key(void **state)
{
	char name[BUILD_CACHE_NAME_MAX], long_release[BUILD_CACHE_NAME_MAX];

	assert_ok(build_cache_name(name, RELEASE, KEY));
	assert_string_equal(name, NAME);
	assert_ok(build_cache_name(name, "6", 1));
	assert_string_equal(name, "6-0000000000000001.bpf");
	assert_int_equal(build_cache_name(name, "../6", KEY), -EINVAL);
	assert_int_equal(build_cache_name(name, "a/6", KEY), -EINVAL);
	assert_int_equal(build_cache_name(name, "", KEY), -EINVAL);
	memset(long_release, '6', sizeof(long_release) - 1);
	long_release[sizeof(long_release) - 1] = '\0';
	assert_int_equal(build_cache_name(name, long_release, KEY), -EINVAL);
}

static void what_was_kept_is_found_again(void **state)
{
	char folder[256], path[512];
	struct stat st;

	cache_folder(folder, state);
	assert_int_equal(load(folder, KEY), -ENOENT);
	assert_ok(build_cache_store(folder, RELEASE, KEY, parts, sizes));
	assert_ok(load(folder, KEY));
	assert_ok(stat(folder, &st));
	assert_int_equal(st.st_mode & 07777, 0700);
	path_of(path, folder);
	assert_ok(stat(path, &st));
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_ok(build_cache_store(folder, RELEASE, KEY, parts, sizes));
	assert_ok(load(folder, KEY));
	assert_int_equal(count(folder), 1);
}

static void another_source_replaces_it(void **state)
{
	char folder[256];

	cache_folder(folder, state);
	assert_ok(build_cache_store(folder, RELEASE, KEY, parts, sizes));
	folder_file(folder, NAME ".123", "left behind");
	folder_file(folder, "6.1.0-9-amd64-rt-0123456789abcdef.bpf", "of another kernel");
	folder_file(folder, "README", "a stranger's");
	assert_int_equal(load(folder, KEY + 1), -ENOENT);
	assert_ok(build_cache_store(folder, RELEASE, KEY + 1, parts, sizes));
	assert_ok(load(folder, KEY + 1));
	assert_int_equal(load(folder, KEY), -ENOENT);
	assert_int_equal(count(folder), 3);
}

static void damage_is_noticed(void **state)
{
	char folder[256], path[512];
	struct stat st;

	cache_folder(folder, state);
	path_of(path, folder);
	assert_ok(build_cache_store(folder, RELEASE, KEY, parts, sizes));
	assert_ok(stat(path, &st));
	for (off_t at = 0; at < st.st_size; at++) {
		int fd = open(path, O_RDWR);
		char byte;

		assert_int_equal(pread(fd, &byte, 1, at), 1);
		byte ^= 0x10;
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		if (load(folder, KEY) != -EBADMSG)
			fail_msg("byte %ld flipped, and believed", (long)at);
		byte ^= 0x10;
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		(void)close(fd);
	}
	assert_ok(load(folder, KEY));
	for (off_t size = 0; size < st.st_size; size++) {
		assert_ok(truncate(path, st.st_size - 1 - size));
		assert_int_equal(load(folder, KEY), -EBADMSG);
	}
}

static void what_others_may_write_is_not_believed(void **state)
{
	char folder[256], path[512];

	cache_folder(folder, state);
	path_of(path, folder);
	assert_ok(build_cache_store(folder, RELEASE, KEY, parts, sizes));
	assert_ok(chmod(path, 0622));
	assert_int_equal(load(folder, KEY), -EPERM);
	assert_ok(chmod(path, 0644));
	assert_ok(load(folder, KEY));
	assert_ok(chmod(folder, 0770));
	assert_int_equal(load(folder, KEY), -EPERM);
	assert_int_equal(build_cache_store(folder, RELEASE, KEY, parts, sizes), -EPERM);
	assert_ok(chmod(folder, 0755));
	assert_ok(load(folder, KEY));
}

static void links_are_not_followed(void **state)
{
	char folder[256], path[512], other[512];

	cache_folder(folder, state);
	path_of(path, folder);
	assert_ok(build_cache_store(folder, RELEASE, KEY, parts, sizes));
	(void)snprintf(other, sizeof(other), "%s/elsewhere", folder);
	assert_ok(rename(path, other));
	assert_ok(symlink("elsewhere", path));
	assert_int_equal(load(folder, KEY), -ELOOP);
	(void)snprintf(other, sizeof(other), "%s-link", folder);
	assert_ok(symlink("cache", other));
	assert_int_not_equal(load(other, KEY), 0);
	assert_int_not_equal(build_cache_store(other, RELEASE, KEY, parts, sizes), 0);
}

static void a_cache_that_cannot_be_is_an_error_code(void **state)
{
	char folder[256];

	(void)snprintf(folder, sizeof(folder), "%s/no/such/folder", (const char *)*state);
	assert_int_equal(build_cache_store(folder, RELEASE, KEY, parts, sizes), -ENOENT);
	folder_file(*state, "cache", "a file");
	cache_folder(folder, state);
	assert_int_equal(build_cache_store(folder, RELEASE, KEY, parts, sizes), -ENOTDIR);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_name_has_release_and_key),
		TEST(what_was_kept_is_found_again),
		TEST(another_source_replaces_it),
		TEST(damage_is_noticed),
		TEST(what_others_may_write_is_not_believed),
		TEST(links_are_not_followed),
		TEST(a_cache_that_cannot_be_is_an_error_code),
	};

	return cmocka_run_group_tests_name("build-cache", tests, NULL, NULL);
}
