/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of check.c's object. */
#pragma once

#include "check.h"

/* What changed since @cursor of the BPF objects (NULL: nobody tells of them), and all they add up
 * to: members of an object, each behind a comma. */
void check_objects(struct writer *writer, const struct objects *objects,
		   const struct cursor *cursor);
