/* SPDX-License-Identifier: Apache-2.0 */
/* What the arguments of a command stand for, and what stands for none. */
#pragma once

#include <stdbool.h>

/* There is nothing to read without an argument: stdin is a terminal, and no folder stands in. */
bool inputs_none(void);

/* What stands for no argument: "-", or the folder of recordings when nothing is on stdin. */
const char *inputs_default(void);

bool inputs_is_folder(const char *path);
