/* SPDX-License-Identifier: Apache-2.0 */
/* Which of a machine's starts recordings are of, counted as journalctl counts them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "consumer/files/folder.h"
#include "consumer/filter/filter.h"

#define BOOTS_PATH 256
#define BOOTS_MAX 1024u /* what is beyond the first ones is not counted */

struct boots_chosen {
	size_t n; /* one of each machine that has it */
	char ids[BOOTS_MAX][FOLDER_BOOT];
	size_t most;  /* boots of the machine with the most */
	bool several; /* machines */
	/* -ENOTUNIQ: of whose boots nothing can be told, and for which recording; of that host the
	 * machine's id is missing, or the boot's. */
	char host[FOLDER_HOST];
	char path[BOOTS_PATH];
	bool lacks_machine;
};

/* Of the arguments of a command, as each_record_in takes them, of all streams in them that @filter
 * lets pass, and of each machine: the boot @nth: 0 its latest, -1 the one before it; 1 its first, 2
 * the second. -ERANGE: none has so many; -ESPIPE: a pipe can be read only once; -ENOTUNIQ: a stream
 * has no boot id, or may be of one machine as well as of another. 0 or another -errno. */
int boots_find(char *const *paths, int n, long nth, const struct filter *filter,
	       struct boots_chosen *ret);
