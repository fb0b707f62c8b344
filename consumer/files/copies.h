/* SPDX-License-Identifier: Apache-2.0 */
/* Files that hold what others hold: copies, also cut, damaged or unpacked ones, the input of a
 * repair beside its output, a file that was named twice. Of files that begin with the same record
 * the best comes first, and those that have nothing but what is in a better one are copies of it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "consumer/files/folder.h"

/* Puts @all in order, copies behind all others, and says in each what it is a copy of; returns how
 * many are none. To tell which is better, files that begin alike are read, unless one of them is
 * being written and that is enough (@brief): that one is the best then. */
size_t copies_part(struct recording *all, size_t n, bool brief);

/* The line about a copy: "DIR/e-copy.pb.zst: the same records as DIR/e.pb.zst: left out". @what:
 * what becomes of it. */
#define COPIES_TEXT 2304
/* Without its name and what becomes of it. */
void copies_what(const struct recording *copy, char buf[COPIES_TEXT]);
void copies_text(const struct recording *copy, const char *what, char buf[COPIES_TEXT]);
