/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets to listen on, by what a person calls them. */
#pragma once

#include <stdbool.h>

/* "9464" and ":9464" on the loopback, "HOST:PORT", "[::1]:PORT", "unix:/path". *ret is the socket,
 * *ret_unix the path of a unix socket in @address, else NULL. A unix socket nobody listens on any
 * more is replaced; its group may use it. 0 or -errno; -EINVAL: no address. */
int listen_on(const char *address, int *ret, const char **ret_unix);
