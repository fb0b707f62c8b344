/* SPDX-License-Identifier: Apache-2.0 */
/* Writes metrics as Prometheus reads them: its text format 0.0.4, or OpenMetrics 1.0.
 *
 * A family, then its samples: exposition_sample, labels, and the value that ends it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "consumer/base/out-buffer.h"

#define EXPOSITION_TEXT "text/plain; version=0.0.4; charset=utf-8"
#define EXPOSITION_OPENMETRICS "application/openmetrics-text; version=1.0.0; charset=utf-8"

enum exposition_type {
	EXPOSITION_COUNTER, /* samples end in _total */
	EXPOSITION_GAUGE,
	EXPOSITION_INFO,      /* samples end in _info and are 1 */
	EXPOSITION_HISTOGRAM, /* of buckets alone; samples end in _bucket */
};

struct exposition {
	struct writer *writer; /* borrowed */
	bool openmetrics;
	/* --- */
	const char *name, *suffix;
	bool labelled; /* the sample at hand has a label */
};

/* @name is without the suffix of its samples, and ends in @unit if there is one (else NULL); it
 * has to stay until the next family. */
void exposition_family(struct exposition *e, enum exposition_type type, const char *name,
		       const char *unit, const char *help);

void exposition_sample(struct exposition *e);
/* @value: any bytes; what is no UTF-8 is replaced. "" and NULL: no label. */
void exposition_label(struct exposition *e, const char *name, const char *value);
void exposition_uint(struct exposition *e, uint64_t v);
void exposition_seconds(struct exposition *e, uint64_t nano); /* exact */
void exposition_double(struct exposition *e, double v);

void exposition_end(struct exposition *e);

/* Whether OpenMetrics is what this Accept header (NULL: none) asks for. */
bool exposition_accepts_openmetrics(const char *accept);
