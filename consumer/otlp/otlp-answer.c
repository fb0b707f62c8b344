/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/otlp/otlp-answer.h"

#include <curl/curl.h>
#include <string.h>

#include "consumer/base/text-line.h"
#include "proto/base/units.h"
#include "proto/base/util.h"
#include "proto/otlp-fields.h"
#include "proto/record/pb-read.h"

#define NANO UINT64_C(1000000000)
#define STATUS_MESSAGE 2 /* of google.rpc.Status, which errors are told by */
#define HTTP_TOO_LARGE 413u
#define HTTP_UNAUTHORIZED 401u
#define HTTP_FORBIDDEN 403u

/* Up to the first line's end. */
static void keep_message(struct otlp_judgement *judgement, const uint8_t *s, size_t size,
			 const struct secrets *secrets)
{
	char text[OTLP_MESSAGE];
	struct line line = line_make(judgement->message, sizeof(judgement->message));

	secrets_hide(secrets, (const char *)s, size, text, sizeof(text));
	line_safe(&line, text, sizeof(text));
	(void)line_end(&line);
}

/* The text or the number of field @number, the last one that there is; false: it is no message. */
static bool find_field(const uint8_t *p, size_t size, unsigned number, struct pb_field *ret)
{
	const uint8_t *end = p + size;
	struct pb_field field;

	*ret = (struct pb_field){0};
	while (p < end) {
		p = pb_get_field(p, end, &field);
		if (!p)
			return false;
		if (field.number == number)
			*ret = field;
	}
	return true;
}

static bool read_partial(const struct pb_field *partial, const struct secrets *secrets,
			 struct otlp_judgement *judgement)
{
	struct pb_field rejected, message;

	if (!partial->number)
		return true;
	if (partial->type != PB_BYTES ||
	    !find_field(partial->data, partial->size,
			OTLP_FIELD_EXPORT_LOGS_PARTIAL_SUCCESS_REJECTED_LOG_RECORDS, &rejected) ||
	    !find_field(partial->data, partial->size,
			OTLP_FIELD_EXPORT_LOGS_PARTIAL_SUCCESS_ERROR_MESSAGE, &message))
		return false;
	if ((rejected.number && rejected.type != PB_VARINT) ||
	    (message.number && message.type != PB_BYTES))
		return false;
	if (message.number)
		keep_message(judgement, message.data, message.size, secrets);
	judgement->rejected = rejected.value;
	return true;
}

/* {} and {"partialSuccess":{}}, with any blanks: some answer in JSON whatever was sent. */
static bool is_empty_json(const struct otlp_answer *answer)
{
	static const char *const all[] = {"{}", "{\"partialSuccess\":{}}"};
	char text[64];
	size_t n = 0;

	for (size_t i = 0; i < answer->size; i++) {
		if (strchr(" \t\r\n", answer->body[i]) && answer->body[i])
			continue;
		if (n == sizeof(text) - 1)
			return false;
		text[n++] = (char)answer->body[i];
	}
	text[n] = '\0';
	return !strcmp(text, all[0]) || !strcmp(text, all[1]);
}

static void judge_success(const struct otlp_answer *answer, const struct secrets *secrets,
			  struct otlp_judgement *ret)
{
	struct pb_field partial;

	ret->verdict = OTLP_TAKEN;
	/* Loki says 204 */
	if (!answer->size || (answer->json && is_empty_json(answer)))
		return;
	if (answer->json || answer->cut ||
	    !find_field(answer->body, answer->size,
			OTLP_FIELD_EXPORT_LOGS_SERVICE_RESPONSE_PARTIAL_SUCCESS, &partial) ||
	    !read_partial(&partial, secrets, ret)) {
		ret->verdict = OTLP_REFUSED;
		(void)strcpy(ret->message, "its answer is none of OTLP");
		return;
	}
	if (ret->rejected)
		ret->verdict = OTLP_PARTIAL;
}

static enum otlp_verdict verdict_of(unsigned status, const bool retry[OTLP_STATUS_END])
{
	if (status < OTLP_STATUS_END && retry[status])
		return OTLP_RETRY;
	switch (status) {
	case HTTP_TOO_LARGE:
		return OTLP_TOO_LARGE;
	case HTTP_UNAUTHORIZED:
	case HTTP_FORBIDDEN:
	case HTTP_NOT_FOUND:
		return OTLP_DENIED;
	default:
		return OTLP_REFUSED;
	}
}

static void judge_failure(const struct otlp_answer *answer, const bool retry[OTLP_STATUS_END],
			  const struct secrets *secrets, struct otlp_judgement *ret)
{
	struct pb_field message;

	ret->verdict = verdict_of(answer->status, retry);
	if (!answer->size)
		return;
	if (!answer->json && find_field(answer->body, answer->size, STATUS_MESSAGE, &message) &&
	    message.type == PB_BYTES && message.number)
		keep_message(ret, message.data, message.size, secrets);
	else
		keep_message(ret, answer->body, answer->size, secrets);
}

void otlp_judge(const struct otlp_answer *answer, const bool retry[OTLP_STATUS_END],
		const struct secrets *secrets, struct otlp_judgement *ret)
{
	*ret = (struct otlp_judgement){0};
	if (answer->status >= 200 && answer->status < 300)
		judge_success(answer, secrets, ret);
	else
		judge_failure(answer, retry, secrets, ret);
}

bool otlp_retry_after(const char *text, int64_t now_seconds, uint64_t *ret)
{
	const char *end;
	time_t at;

	text += strspn(text, " \t");
	end = units_number(text, UINT32_MAX, ret);
	if (end && !end[strspn(end, " \t\r\n")]) {
		*ret = min_u64(*ret * NANO, OTLP_RETRY_AFTER_MAX);
		return true;
	}
	*ret = OTLP_RETRY_AFTER_MAX;
	if (*text >= '0' && *text <= '9') /* of seconds, more than there are */
		return !text[strspn(text, "0123456789")];
	at = curl_getdate(text, NULL);
	if (at <= now_seconds) /* also where it is none */
		return false;
	*ret = min_u64((uint64_t)(at - now_seconds), *ret / NANO) * NANO;
	return true;
}
