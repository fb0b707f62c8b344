/* SPDX-License-Identifier: Apache-2.0 */
/* What was compiled on this machine, kept for the next start: one file for each kernel release. It
 * becomes programs in the kernel, so nothing is believed that somebody else could have written. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define BUILD_CACHE_FOLDER "/var/cache/ringside"
#define BUILD_CACHE_NAME_MAX 160u

/* "6.1.0-56-cloud-amd64-0123456789abcdef.bpf"; @key is a hash of all that went into it. Returns
 * -EINVAL for a release that no file can be named by. */
int build_cache_name(char ret[BUILD_CACHE_NAME_MAX], const char *release, uint64_t key);

/* The two parts, in one piece of memory that starts with the first: free(*ret_data). Returns 0,
 * -ENOENT, -EPERM (others may write there), -EBADMSG (damaged), or -errno. */
int build_cache_load(const char *folder, const char *release, uint64_t key, void **ret_data,
		     size_t ret_sizes[2]);

/* Makes the folder if need be; replaces what other keys have left of this release. */
int build_cache_store(const char *folder, const char *release, uint64_t key,
		      const void *const parts[2], const size_t sizes[2]);
