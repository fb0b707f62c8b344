/* SPDX-License-Identifier: Apache-2.0 */
/* The hash of a stream's bytes (FORMAT.md): XXH3. libxxhash is built for any x86-64, and no faster
 * at this than at XXH64 there; three to four times as fast is a second entrance, that looks at what
 * the processor has. Not every build of the library has it. */
#pragma once

#include <stddef.h>
#include <xxhash.h>

XXH_errorcode XXH3_64bits_update_dispatch(XXH3_state_t *state, const void *data, size_t size)
	__attribute__((weak));

static inline void stream_hash_update(XXH3_state_t *state, const void *data, size_t size)
{
	if (XXH3_64bits_update_dispatch)
		(void)XXH3_64bits_update_dispatch(state, data, size);
	else
		(void)XXH3_64bits_update(state, data, size);
}
