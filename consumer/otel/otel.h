/* SPDX-License-Identifier: Apache-2.0 */
/* Records as OpenTelemetry's LogRecords: events, and what stands for some (Limited, Lost). What the
 * stream tells of itself is none: sums go by /metrics. One mapping for both forms of OTLP. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "consumer/otel/otel-form.h"
#include "proto/base/util.h"
#include "proto/ringside.pb-c.h"

struct message_cache;
struct otel;

/* Reads OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME. 0 or -errno. */
int otel_new(struct otel **ret, const struct otel_form *form);
struct otel *otel_free(struct otel *otel); /* NULL is fine; returns NULL */

/* Records of this kind (field number in Record.body) are told. */
bool otel_tells(unsigned kind);

/* The Header of the records to come, NULL if there is none: to be called before each. 1: they are
 * of another resource than those before; 0, or -ENOMEM. */
int otel_take_header(struct otel *otel, const Ringside__V1__Header *header);
/* Its attributes; valid until it is another one. */
struct otel_piece otel_resource_of(const struct otel *otel);

/* The record, as it stands in a request; its pieces are valid until the next call, or until @cache
 * forgets. @cache: where its parts may lie, or NULL. 0, or -EMSGSIZE. */
int otel_tell(struct otel *otel, const Ringside__V1__Record *record,
	      const Ringside__V1__Header *header, struct message_cache *cache,
	      struct otel_told *ret);

DEFINE_FREEP(otel);
