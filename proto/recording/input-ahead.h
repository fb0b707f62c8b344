/* SPDX-License-Identifier: Apache-2.0 */
/* A second thread that decodes the next frames of a compressed file while the content before them
 * is used. It stops for good at the first answer that is neither content nor a mark, and whoever
 * reads goes on with what it had, as if there had been no thread: the order of all that is said,
 * and what is said, are the same. At most INPUT_AHEAD and two frames' content are in memory. */
#pragma once

#include "proto/recording/input-internal.h"

#define INPUT_AHEAD 3u /* frames that are decoded and not used */
/* Content without a thread: of small files, and of those that are read for a few records. */
#define INPUT_AHEAD_FROM (2u * 1024 * 1024)

/* Begins, with nothing left to give, if this process may use more than one CPU. Without a
 * thread nothing changes. */
void input_ahead_begin(struct input *input);

/* As input_zstd_decode, when nothing is left to give. */
int input_ahead_next(struct input *input);

/* Ends the thread. What it has decoded beyond what was given is forgotten; so is the decoder's
 * state: the next frame has to be gone to. */
void input_ahead_end(struct input *input);
