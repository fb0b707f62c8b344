/* SPDX-License-Identifier: Apache-2.0 */
/* Which of a machine's starts recordings are of, counted as journalctl counts them. */
#pragma once

#include <stddef.h>

#include "consumer/files/folder.h"

/* Of the arguments of a command, as each_record_in takes them: the id of the boot @nth: 0 the
 * latest, -1 the one before it; 1 the first, 2 the second. -ERANGE: there are only *ret_n; -ESPIPE:
 * a pipe can be read only once. 0 or another -errno. */
int boots_find(char *const *paths, int n, long nth, char ret[FOLDER_BOOT], size_t *ret_n);
