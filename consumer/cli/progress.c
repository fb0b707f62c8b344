/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/cli/progress.h"

#include <sys/stat.h>

#include "consumer/base/text-line.h"
#include "proto/base/clock.h"
#include "proto/base/util.h"

#define FIRST_NANO 500000000u /* what is quicker needs none */
#define EVERY_NANO 200000000u
#define NAME_MAX_BYTES 60

bool progress_fits(int out)
{
	struct stat st;

	return fstat(out, &st) == 0 && !S_ISFIFO(st.st_mode) && !isatty(out);
}

void progress_begin(struct progress *progress, const char *what, int fd)
{
	struct stat st;

	*progress = (struct progress){.what = what};
	if (!isatty(STDERR_FILENO) || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	progress->total = (uint64_t)st.st_size;
	progress->next = clock_nano(CLOCK_MONOTONIC) + FIRST_NANO;
}

void progress_show(void *data, uint64_t position)
{
	struct progress *progress = data;
	char text[256];
	struct line line;
	uint64_t now;

	if (!progress->total)
		return;
	now = clock_nano(CLOCK_MONOTONIC);
	if (now < progress->next)
		return;
	progress->next = now + EVERY_NANO;
	progress->shown = true;
	if (position > progress->total) /* it grows */
		position = progress->total;
	line = line_make(text, sizeof(text));
	line_text(&line, "\r");
	line_safe(&line, progress->what, NAME_MAX_BYTES);
	line_text(&line, "  ");
	line_uint(&line, position * 100 / progress->total);
	line_text(&line, " %\033[K");
	(void)line_end(&line);
	(void)fputs(text, stderr);
}

void progress_end(struct progress *progress)
{
	if (progress->shown)
		(void)fputs("\r\033[K", stderr);
	progress->shown = false;
}
