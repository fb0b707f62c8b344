/* SPDX-License-Identifier: Apache-2.0 */
/* What an answer of OTLP over HTTP means.
 * https://opentelemetry.io/docs/specs/otlp/#otlphttp-response
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "consumer/forward/secrets.h"

#define OTLP_STATUS_END 600u /* of HTTP */
#define HTTP_NOT_FOUND 404u
#define OTLP_MESSAGE 256u                           /* of the other side's words */
#define OTLP_RETRY_AFTER_MAX UINT64_C(300000000000) /* ns; who asks for more gets this */

enum otlp_verdict {
	OTLP_TAKEN,     /* all of it */
	OTLP_PARTIAL,   /* some were refused, nobody knows which */
	OTLP_RETRY,     /* the same again, later */
	OTLP_TOO_LARGE, /* less at once */
	OTLP_REFUSED,   /* for good */
	OTLP_DENIED,    /* and so would all others be: who we are, or where it went to */
};

struct otlp_answer {
	unsigned status;
	bool json; /* by its content type */
	const uint8_t *body;
	size_t size;
	bool cut; /* there was more than was kept of it */
};

struct otlp_judgement {
	enum otlp_verdict verdict;
	uint64_t rejected;          /* OTLP_PARTIAL */
	char message[OTLP_MESSAGE]; /* what it said, safe to show; "" */
};

/* @retry: by status, of those that mean a time and not what was sent. @secrets: its words may
 * repeat them. */
void otlp_judge(const struct otlp_answer *answer, const bool retry[OTLP_STATUS_END],
		const struct secrets *secrets, struct otlp_judgement *ret);

/* Of Retry-After: how long from @now_seconds on, in ns, at most OTLP_RETRY_AFTER_MAX; 0: now.
 * False: it does not say, or a time that has passed: clocks differ. */
bool otlp_retry_after(const char *text, int64_t now_seconds, uint64_t *ret);
