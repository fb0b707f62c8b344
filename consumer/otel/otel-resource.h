/* SPDX-License-Identifier: Apache-2.0 */
/* Where records are from: the host and the service, by the stream's Header; its labels; and what
 * OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME say, which go before both. */
#pragma once

#include <stddef.h>

#include "consumer/otel/otel-form.h"
#include "proto/base/util.h"
#include "proto/ringside.pb-c.h"

#define OTEL_RESOURCE_MAX 128u /* attributes; more are left out */

struct otel_attribute {
	const char *key, *value;
	size_t size;
};

struct otel_resource {
	struct otel_attribute all[OTEL_RESOURCE_MAX];
	size_t n;
	struct otel_attribute said[OTEL_RESOURCE_MAX]; /* by the environment */
	size_t n_said;
	char *environment; /* what those point to */
};

/* All of it is to be zero. @attributes: "key=value,...", percent-encoded; @service: a name. Both
 * may be NULL. Pairs that are malformed are left out. 0 or -ENOMEM. */
int otel_resource_read(struct otel_resource *resource, const char *attributes, const char *service);
void otel_resource_done(struct otel_resource *resource);

/* @header may be NULL. */
void otel_resource_put(struct otel_resource *resource, const Ringside__V1__Header *header,
		       const struct otel_form *form, struct writer *writer);
