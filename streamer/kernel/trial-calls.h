/* SPDX-License-Identifier: Apache-2.0 */
/* Tells the streamers of this machine which calls are Ringside's own, made to be refused: see
 * struct wire_trials. To find their maps takes CAP_SYS_ADMIN; without it nobody is told, and what
 * they see is shown as anybody's. */
#pragma once

#include <stdint.h>

/* What calls have as their first argument to be known by it, drawn by lot. 0 or -errno. */
int trial_calls_draw(uint64_t *ret);

/* From now on calls with @number are Ringside's own, for all streamers that have their maps; and
 * not any more. */
void trial_calls_begin(uint64_t number);
void trial_calls_end(uint64_t number);
