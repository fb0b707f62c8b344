/* SPDX-License-Identifier: Apache-2.0 */
/* What a record is called in NATS: ringside.v1.<host token>.<kind>. */
#pragma once

#include <stddef.h>

#define NATS_PREFIX "ringside.v1."
#define NATS_TOKEN_MAX 96 /* with its NUL */
#define NATS_SUBJECT_MAX 160

/* The name of @host as one token of a subject: what is not in A-Z, a-z, 0-9, _ and - becomes _. A
 * name that is not its own token, or looks like another one's, has a hash behind it: no two hosts
 * share one. Returns @buf. */
const char *nats_token(const char *host, char buf[NATS_TOKEN_MAX]);

/* Returns @buf. @token: of the host. */
const char *nats_subject(const char *token, const char *kind, char buf[NATS_SUBJECT_MAX]);
