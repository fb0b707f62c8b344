/* SPDX-License-Identifier: Apache-2.0 */
/* Where to send, and how: by the URL, --set, and the environment as OpenTelemetry's exporters read
 * it. */
#pragma once

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#include "consumer/forward/secrets.h"
#include "consumer/forward/target.h"
#include "consumer/otlp/otlp-answer.h"
#include "consumer/otlp/otlp-pack.h"

#define OTLP_IN_FLIGHT_MAX 4u

struct otlp_config {
	char *url;
	char *place; /* the same for people, without what may be secret */
	struct curl_slist *headers;
	struct secrets
		secrets; /* the values of the headers that were given, and of the URL's query */
	bool has_headers_file;
	char *certificate, *client_certificate, *client_key; /* NULL: none given */
	long timeout_ms;
	enum otlp_compression compression;
	size_t body_bytes; /* of a request, uncompressed */
	unsigned in_flight;
	bool retry[OTLP_STATUS_END];
};

/* @scheme: "http:", "https:"; NULL: the environment says. @again: all of it was read before, and
 * files may have changed since. 0, or -EINVAL and a sentence. */
int otlp_config_read(struct otlp_config *config, const struct target_options *options,
		     const char *scheme, bool again, char problem[TARGET_PROBLEM]);
void otlp_config_done(struct otlp_config *config);
