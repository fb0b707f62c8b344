/* SPDX-License-Identifier: Apache-2.0 */
/* A word of a shell's command: quoted where a shell, or who reads options, would see more in it. */
#pragma once

#include "consumer/base/text-line.h"

void shell_word(struct line *line, const char *word);
