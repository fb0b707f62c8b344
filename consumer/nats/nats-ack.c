/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/nats/nats-ack.h"

#include <string.h>

#include "proto/base/util.h"

#define NAME_MAX_SIZE 32

struct json {
	const char *at, *end;
};

static void skip_blanks(struct json *json)
{
	while (json->at < json->end &&
	       (*json->at == ' ' || *json->at == '\t' || *json->at == '\r' || *json->at == '\n'))
		json->at++;
}

static bool skip(struct json *json, char c)
{
	skip_blanks(json);
	if (json->at == json->end || *json->at != c)
		return false;
	json->at++;
	return true;
}

/* What does not fit is cut off; \uXXXX becomes '?', other escapes their last letter. */
static bool take_string(struct json *json, char *buf, size_t size)
{
	size_t used = 0;

	if (!skip(json, '"'))
		return false;
	while (json->at < json->end && *json->at != '"') {
		char c = *json->at++;

		if (c == '\\' && json->at < json->end) {
			c = *json->at++;
			if (c == 'u') {
				json->at += min_u64((uint64_t)(json->end - json->at), 4);
				c = '?';
			}
		}
		if (used + 1 < size)
			buf[used++] = c;
	}
	buf[used] = '\0';
	return skip(json, '"');
}

static bool take_number(struct json *json, uint64_t *ret)
{
	uint64_t n = 0;
	const char *begin;

	skip_blanks(json);
	for (begin = json->at; json->at < json->end && *json->at >= '0' && *json->at <= '9';)
		n = n * 10 + (uint64_t)(*json->at++ - '0');
	*ret = n;
	return json->at != begin;
}

/* Of any kind: up to the ',' or the bracket behind it. */
static bool skip_value(struct json *json)
{
	char none[1];
	unsigned depth = 0;

	skip_blanks(json);
	while (json->at < json->end) {
		char c = *json->at;

		if (c == '"') {
			if (!take_string(json, none, sizeof(none)))
				return false;
			continue;
		}
		if (!depth && (c == ',' || c == '}'))
			return true;
		if (c == '{' || c == '[')
			depth++;
		else if ((c == '}' || c == ']') && !depth--)
			return false;
		json->at++;
	}
	return false;
}

static bool take_error_member(struct json *json, const char *name, struct nats_ack *ret)
{
	uint64_t n;

	if (!strcmp(name, "description"))
		return take_string(json, ret->text, sizeof(ret->text));
	if (strcmp(name, "err_code"))
		return skip_value(json);
	if (!take_number(json, &n))
		return false;
	ret->code = (unsigned)n;
	return true;
}

static bool take_object(struct json *json, struct nats_ack *ret,
			bool (*take)(struct json *json, const char *name, struct nats_ack *ret))
{
	char name[NAME_MAX_SIZE];

	if (!skip(json, '{'))
		return false;
	if (skip(json, '}'))
		return true;
	do {
		if (!take_string(json, name, sizeof(name)) || !skip(json, ':') ||
		    !take(json, name, ret))
			return false;
	} while (skip(json, ','));
	return skip(json, '}');
}

static bool take_member(struct json *json, const char *name, struct nats_ack *ret)
{
	if (!strcmp(name, "error")) {
		(void)snprintf(ret->text, sizeof(ret->text), "refused");
		return take_object(json, ret, take_error_member);
	}
	if (!strcmp(name, "seq"))
		return take_number(json, &ret->seq);
	if (!strcmp(name, "duplicate")) {
		skip_blanks(json);
		ret->duplicate = json->at < json->end && *json->at == 't';
	}
	return skip_value(json);
}

bool nats_ack_parse(struct nats_ack *ret, const char *text, size_t size)
{
	struct json json = {.at = text, .end = text + size};

	*ret = (struct nats_ack){0};
	if (!take_object(&json, ret, take_member))
		return false;
	if (*ret->text)
		ret->seq = 0;
	return ret->seq || *ret->text;
}
