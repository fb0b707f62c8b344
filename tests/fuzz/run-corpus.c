/* SPDX-License-Identifier: Apache-2.0 */
/* Usage: corpus-TARGET FOLDER
 *
 * Gives every file of a fuzzer's corpus to its target, once. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"

#define FILE_MAX (16u * 1024 * 1024)

static int run_file(int folder, const char *name)
{
	_cleanup_close_ int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
	_cleanup_free_ uint8_t *data = NULL;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size > FILE_MAX)
		return -1;
	data = malloc((size_t)st.st_size + 1);
	if (!data || read_full(fd, data, (size_t)st.st_size) != st.st_size)
		return -1;
	(void)LLVMFuzzerTestOneInput(data, (size_t)st.st_size);
	return 0;
}

int main(int argc, char **argv)
{
	DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
	const struct dirent *entry;
	unsigned n = 0;

	if (!dir) {
		(void)fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
		return EXIT_FAILURE;
	}
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		(void)printf("%s\n", entry->d_name);
		(void)fflush(stdout);
		if (run_file(dirfd(dir), entry->d_name)) {
			(void)fprintf(stderr, "cannot read %s\n", entry->d_name);
			return EXIT_FAILURE;
		}
		n++;
	}
	(void)closedir(dir);
	return n ? EXIT_SUCCESS : EXIT_FAILURE; /* an empty corpus tests nothing */
}
