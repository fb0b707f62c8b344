/* SPDX-License-Identifier: Apache-2.0 */
/* Which of a machine's starts recordings are of, counted as journalctl counts them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "consumer/files/folder.h"

#define BOOTS_MAX 1024u /* what is beyond the first ones is not counted */

struct boots_chosen {
	size_t n; /* one of each machine that has it */
	char ids[BOOTS_MAX][FOLDER_BOOT];
	size_t most;  /* boots of the machine with the most */
	bool several; /* machines */
};

/* Of the arguments of a command, as each_record_in takes them, and of each machine: the boot @nth:
 * 0 its latest, -1 the one before it; 1 its first, 2 the second. -ERANGE: none has so many;
 * -ESPIPE: a pipe can be read only once. 0 or another -errno. */
int boots_find(char *const *paths, int n, long nth, struct boots_chosen *ret);
