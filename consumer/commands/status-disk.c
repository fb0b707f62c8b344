/* SPDX-License-Identifier: Apache-2.0 */
/* What recordings take of the disk: those of a folder, where retention and other programs share it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "consumer/commands/status-internal.h"
#include "consumer/layout/columns.h"
#include "proto/recording/file-names.h"

#define BLOCK 512u /* of st_blocks */

bool disk_use_find(struct disk_use *ret, const char *folder)
{
	const struct dirent *entry;
	struct statvfs fs;
	struct stat st;
	DIR *dir = opendir(folder);

	*ret = (struct disk_use){0};
	if (!dir)
		return false;
	while ((errno = 0, entry = readdir(dir))) {
		if (!file_names_is_ours(entry->d_name) ||
		    fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISREG(st.st_mode))
			continue;
		ret->files++;
		ret->bytes += (uint64_t)st.st_blocks * BLOCK;
	}
	/* of a part of them nothing is said */
	if (!errno && ret->files && !fstatvfs(dirfd(dir), &fs)) {
		ret->free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
		ret->size_bytes = (uint64_t)fs.f_blocks * fs.f_frsize;
	}
	(void)closedir(dir);
	return ret->size_bytes;
}

void disk_use_text(struct writer *writer, const struct disk_use *use)
{
	struct columns columns;
	struct line *line = &columns.line;

	columns_init(&columns, writer, false);
	line_text(line, "  disk            ");
	line_bytes(line, use->bytes);
	line_text(line, " in ");
	line_counted(line, use->files, "recording");
	line_text(line, "; ");
	line_bytes(line, use->free_bytes);
	line_text(line, " of ");
	line_bytes(line, use->size_bytes);
	line_text(line, " are free");
	columns_end_row(&columns);
}

void disk_use_put(struct json_page *page, const struct disk_use *use)
{
	json_begin_object(page, "disk");
	json_add_uint(page, "files", use->files);
	json_add_uint(page, "bytes", use->bytes);
	json_add_uint(page, "free_bytes", use->free_bytes);
	json_add_uint(page, "size_bytes", use->size_bytes);
	json_end_object(page);
}
