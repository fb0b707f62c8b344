/* SPDX-License-Identifier: Apache-2.0 */
/* A Limited record counts the denials that were held back, but names no process. The denials
 * of the same key shown before it do: if all were one process's, it is named; if all were of
 * one name, the name. Bounded: of two keys that meet in a slot, the newer is remembered. */
#pragma once

#include <stddef.h>

#include "proto/ringside.pb-c.h"

struct culprits;

int culprits_new(struct culprits **ret);
struct culprits *culprits_free(struct culprits *culprits); /* NULL is fine; returns NULL */

/* Any record, in their order: what was known ends with the stream. */
void culprits_see(struct culprits *culprits, const Ringside__V1__Record *record);

/* Of a Limited: writes "nginx[77] ", "nginx " or "" to @buf, safe for a terminal; returns the bytes
 * without the NUL, and forgets the key: the next Limited counts what comes after this one. */
size_t culprits_take(struct culprits *culprits, const Ringside__V1__Record *record, char *buf,
		     size_t size);
