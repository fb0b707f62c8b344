/* SPDX-License-Identifier: Apache-2.0 */
/* Whose records a stream has. */
#pragma once

#include <nats/nats.h>
#include <stddef.h>

struct nats_hosts {
	size_t n, room;
	char **tokens; /* in the order of their names */
};

/* Those of @names, or with @n 0 all. 0, or -errno and a sentence: -ENOENT: there is no such stream.
 */
int nats_hosts_find(struct nats_hosts *ret, jsCtx *js, const char *stream, const char *const *names,
		    size_t n, char *problem, size_t size);
void nats_hosts_done(struct nats_hosts *hosts);
