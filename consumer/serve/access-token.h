/* SPDX-License-Identifier: Apache-2.0 */
/* A secret that is shared with who may read what is not for everybody (RFC 6750). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define ACCESS_TOKEN_MIN 16 /* what cannot be guessed in a lifetime of requests */
#define ACCESS_TOKEN_MAX 512

struct access_token {
	size_t size;
	char text[ACCESS_TOKEN_MAX];
};

/* The first line of @path: visible characters of ASCII. 0 or -errno; *ret_why, where it is not the
 * file's but what is in it that is wrong, or who may read it: a word for people, else NULL. */
int access_token_read(struct access_token *token, const char *path, const char **ret_why);

/* Whether @header is "Bearer" and the token, which takes as long to find out for any that is as
 * long; NULL: there is none. */
bool access_token_is_in(const struct access_token *token, const char *header);
