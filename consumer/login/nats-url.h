/* SPDX-License-Identifier: Apache-2.0 */
/* nats://HOST[:PORT][,HOST[:PORT]...]/STREAM, tls:// likewise. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define NATS_URL_SERVERS 16
#define NATS_URL_TEXT 1024
#define NATS_STREAM_DEFAULT "RINGSIDE"

struct nats_url {
	int n;
	const char *servers[NATS_URL_SERVERS]; /* "nats://host:port", in texts */
	char texts[NATS_URL_TEXT];
	char stream[64];
	bool tls;
};

/* 0, or -EINVAL and in @problem a sentence that says what is right. */
int nats_url_parse(struct nats_url *ret, const char *url, char *problem, size_t size);

/* Whether @url is of this form: by what stands before "://". */
bool nats_url_is(const char *url);

/* The value of NAME=VALUE among @set (NULL ends them), or NULL. */
const char *nats_set(const char *const *set, const char *name);
/* Of a length of time, "90s", "3m", "2h", "7d", in ns; @absent without one. 0 or -EINVAL. */
int nats_set_time(const char *const *set, const char *name, long long absent, long long *ret,
		  char *problem, size_t size);
/* Of bytes, "64M", "10G". */
int nats_set_bytes(const char *const *set, const char *name, long long absent, long long *ret,
		   char *problem, size_t size);
/* Each of @set is one of @names (NULL ends them). 0 or -EINVAL. */
int nats_set_check(const char *const *set, const char *const *names, char *problem, size_t size);
