/* SPDX-License-Identifier: Apache-2.0 */
/* Finding a kernel's headers: the layouts of distributions, and what is wrong with them. */
#include "proto/base/util.h"
#include "streamer/compile/headers.h"
#include "tests/lib/folder.h"

#define RELEASE "6.1.0-9-amd64"
#define UTS "#define UTS_RELEASE \"" RELEASE "\"\n"

static int find(const char *root, struct headers *headers, char error[256])
{
	*headers = (struct headers){0};
	error[0] = '\0';
	return headers_find(headers, root, RELEASE, error, 256);
}

static void assert_found(const char *root, const char *build, const char *source)
{
	struct headers headers;
	char error[256], expected[HEADERS_PATH_MAX];

	if (find(root, &headers, error))
		fail_msg("not found: %s", error);
	(void)snprintf(expected, sizeof(expected), "%s%s", root, build);
	assert_string_equal(headers.build, expected);
	(void)snprintf(expected, sizeof(expected), "%s%s", root, source);
	assert_string_equal(headers.source, expected);
}

static void assert_not_found(const char *root, int code, const char *hint)
{
	struct headers headers;
	char error[256];

	assert_int_equal(find(root, &headers, error), code);
	if (!strstr(error, hint) || !strstr(error, "linux-headers-" RELEASE))
		fail_msg("\"%s\" does not say \"%s\" and what to install", error, hint);
}

static void a_tree_that_was_built_is_both(void **state)
{
	folder_file(*state, "lib/modules/" RELEASE "/build/include/generated/autoconf.h", "");
	folder_file(*state, "lib/modules/" RELEASE "/build/include/linux/kconfig.h", "");
	assert_found(*state, "/lib/modules/" RELEASE "/build", "/lib/modules/" RELEASE "/build");
}

static void the_source_may_be_a_link_beside_it(void **state)
{
	folder_file(*state, "lib/modules/" RELEASE "/build/include/generated/autoconf.h", "");
	folder_file(*state, "lib/modules/" RELEASE "/source/include/linux/kconfig.h", "");
	assert_found(*state, "/lib/modules/" RELEASE "/build", "/lib/modules/" RELEASE "/source");
}

static void debian_names_it_in_a_makefile(void **state)
{
	const char *build = "/usr/src/linux-headers-" RELEASE;

	folder_file(*state, "usr/src/linux-headers-" RELEASE "/include/generated/autoconf.h", "");
	folder_file(*state, "usr/src/linux-headers-" RELEASE "/include/generated/utsrelease.h",
		    UTS);
	folder_file(*state, "usr/src/linux-headers-6.1.0-9-common/include/linux/kconfig.h", "");
	folder_file(*state, "usr/src/linux-headers-" RELEASE "/Makefile",
		    "KBUILD_OUTPUT=/x\ninclude /usr/src/linux-headers-6.1.0-9-common/Makefile\n");
	assert_found(*state, build, "/usr/src/linux-headers-6.1.0-9-common");
}

static void fedora_has_a_folder_of_its_own(void **state)
{
	folder_file(*state, "usr/src/kernels/" RELEASE "/include/generated/autoconf.h", "");
	folder_file(*state, "usr/src/kernels/" RELEASE "/include/linux/kconfig.h", "");
	assert_found(*state, "/usr/src/kernels/" RELEASE, "/usr/src/kernels/" RELEASE);
}

static void without_any_the_package_is_named(void **state)
{
	struct headers headers;
	char error[256];

	assert_not_found(*state, -ENOENT, "missing");
	folder_file(*state, "lib/modules/6.1.0-8-amd64/build/include/generated/autoconf.h", "");
	assert_not_found(*state, -ENOENT, "missing");
	assert_int_equal(headers_find(&headers, *state, "../../etc", error, sizeof(error)),
			 -ENOENT);
}

static void half_of_them_are_not_enough(void **state)
{
	folder_file(*state, "lib/modules/" RELEASE "/build/include/generated/autoconf.h", "");
	assert_not_found(*state, -EBADMSG, "incomplete");
	folder_file(*state, "lib/modules/" RELEASE "/build/Makefile",
		    "include /usr/src/gone/Makefile\n");
	assert_not_found(*state, -EBADMSG, "incomplete");
}

static void those_of_another_kernel_are_refused(void **state)
{
	folder_file(*state, "lib/modules/" RELEASE "/build/include/generated/autoconf.h", "");
	folder_file(*state, "lib/modules/" RELEASE "/build/include/linux/kconfig.h", "");
	folder_file(*state, "lib/modules/" RELEASE "/build/include/generated/utsrelease.h",
		    "#define UTS_RELEASE \"6.1.0-8-amd64\"\n");
	assert_not_found(*state, -ESTALE, "of another kernel, 6.1.0-8-amd64");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_tree_that_was_built_is_both),       TEST(the_source_may_be_a_link_beside_it),
		TEST(debian_names_it_in_a_makefile),       TEST(fedora_has_a_folder_of_its_own),
		TEST(without_any_the_package_is_named),    TEST(half_of_them_are_not_enough),
		TEST(those_of_another_kernel_are_refused),
	};

	return cmocka_run_group_tests_name("headers", tests, NULL, NULL);
}
