/* SPDX-License-Identifier: Apache-2.0 */
/* Writes metrics as Prometheus reads them: its text format 0.0.4, or OpenMetrics 1.0.
 *
 * A family, then its samples: prometheus_sample, labels, and the value that ends it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "consumer/base/out-buffer.h"

#define PROMETHEUS_TEXT "text/plain; version=0.0.4; charset=utf-8"
#define PROMETHEUS_OPENMETRICS "application/openmetrics-text; version=1.0.0; charset=utf-8"

enum prometheus_type {
	PROMETHEUS_COUNTER, /* samples end in _total */
	PROMETHEUS_GAUGE,
	PROMETHEUS_INFO,      /* samples end in _info and are 1 */
	PROMETHEUS_HISTOGRAM, /* of buckets alone; samples end in _bucket */
};

struct prometheus {
	struct writer *writer; /* borrowed */
	bool openmetrics;
	/* --- */
	const char *name, *suffix;
	bool labelled; /* the sample at hand has a label */
};

/* @name is without the suffix of its samples, and ends in @unit if there is one (else NULL); it
 * has to stay until the next family. */
void prometheus_family(struct prometheus *e, enum prometheus_type type, const char *name,
		       const char *unit, const char *help);

void prometheus_sample(struct prometheus *e);
/* A sample, and its first label. */
void prometheus_sample_of(struct prometheus *e, const char *label, const char *value);
/* @value: any bytes; what is no UTF-8 is replaced. "" and NULL: no label. */
void prometheus_label(struct prometheus *e, const char *name, const char *value);
void prometheus_uint(struct prometheus *e, uint64_t v);
void prometheus_seconds(struct prometheus *e, uint64_t nano); /* exact */
void prometheus_double(struct prometheus *e, double v);

/* A family of one sample without a label. */
void prometheus_single(struct prometheus *e, enum prometheus_type type, const char *name,
		       const char *unit, const char *help, uint64_t v);

void prometheus_end(struct prometheus *e);

/* Whether OpenMetrics is what this Accept header (NULL: none) asks for. */
bool prometheus_accepts_openmetrics(const char *accept);
