/* SPDX-License-Identifier: Apache-2.0 */
/* Records without what shall not leave the machine: --redact. What each word takes away stands in
 * vocabulary.h; it is gone wherever it was in a record. With it go the stream's checksums, which
 * are of the bytes as they were recorded, and all that this version does not know: it cannot tell
 * what that says. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "consumer/forward/target.h"
#include "proto/base/util.h"

#define REDACT_WORDS "args, exe, comm, addresses" /* for people, as VOCABULARY_PRIVATE has them */

struct redact;

/* @list: words, with commas between them. 0; -EINVAL with a sentence in @problem; -ENOMEM. */
int redact_new(struct redact **ret, const char *list, char problem[TARGET_PROBLEM]);
struct redact *redact_free(struct redact *redact); /* NULL is fine; returns NULL */

/* What it takes away, once each and in the order above: "args,comm". */
const char *redact_words(const struct redact *redact);

/* What is left of a Record's bytes, to @buf, which has room for @size. Returns how many, or
 * -EBADMSG: they are none. */
ssize_t redact_frame(const struct redact *redact, const uint8_t *frame, size_t size, uint8_t *buf);

/* Makes @item, whose frame is completed, what is left of it; valid until the next call. The record
 * is unpacked again, if there was one. 0, -EBADMSG, -ENOMEM. */
int redact_item(struct redact *redact, struct target_item *item);

DEFINE_FREEP(redact);
