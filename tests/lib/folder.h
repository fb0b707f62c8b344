/* SPDX-License-Identifier: Apache-2.0 */
/* A temporary folder, and files in it. */
#pragma once

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tests/lib/test.h"

/* Makes a new folder for a test; *state becomes its path. */
int folder_setup(void **state);

/* Removes the folder, with all that is in it. */
int folder_teardown(void **state);

/* Makes @folder/@path, with the folders above it, and writes @text to it. */
void folder_file(const char *folder, const char *path, const char *text);

struct folder_path {
	char s[128];
};

/* Returns the path of @name in the folder of a test. */
struct folder_path in_folder(void *const *state, const char *name);

#define test_in_folder(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)
