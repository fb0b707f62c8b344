/* SPDX-License-Identifier: Apache-2.0 */
/* --grep: a regular expression on what text has of a record behind the time. Not for requests of
 * others: an expression may take any time and memory. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/util.h"
#include "proto/ringside.pb-c.h"

enum grep_case {
	GREP_SMART, /* capitals matter if there are any in the pattern, as with journalctl */
	GREP_SENSITIVE,
	GREP_INSENSITIVE,
};

struct grep;

/* 0; -EINVAL with a sentence in @error; -ENOMEM. */
int grep_new(struct grep **ret, const char *pattern, enum grep_case sensitivity, char *error,
	     size_t size);
struct grep *grep_free(struct grep *grep); /* NULL is fine; returns NULL */

/* @latest: the latest Header of the stream, or NULL. */
bool grep_matches(struct grep *grep, const Ringside__V1__Record *record,
		  const Ringside__V1__Header *latest);

/* Nothing has matched, but something would if capitals did not matter. */
bool grep_lacks_case(const struct grep *grep);

DEFINE_FREEP(grep);
