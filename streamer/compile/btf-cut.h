/* SPDX-License-Identifier: Apache-2.0 */
/* A small BTF out of a large one: some types with all they are made of. */
#pragma once

#include "streamer/compile/btf-raw.h"

/* Writes a BTF with the types @ids to @fd. Pointers lose what they point to: for reading a
 * struct's fields that does not matter. 0 or -errno. */
int btf_cut(const struct btf_raw *raw, const uint32_t *ids, size_t n, int fd);
