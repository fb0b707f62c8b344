/* SPDX-License-Identifier: Apache-2.0 */
/* A page of JSON: one object on a line of its own. It keeps the commas, by one flag, so that no
 * depth is too much; that what is begun is ended is up to the caller.
 *
 * @name: of a member, our own and not escaped; NULL: an element of a list. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "consumer/base/out-buffer.h"

struct json_page {
	struct writer *writer; /* borrowed */
	bool behind_value;     /* the next value needs a comma before it */
};

struct json_page json_begin_page(struct writer *writer);
void json_end_page(struct json_page *page);

void json_begin_object(struct json_page *page, const char *name);
void json_end_object(struct json_page *page);
void json_begin_list(struct json_page *page, const char *name);
void json_end_list(struct json_page *page);

void json_add_raw(struct json_page *page, const char *name, const char *json);
void json_add_bool(struct json_page *page, const char *name, bool v);
void json_add_uint(struct json_page *page, const char *name, uint64_t v);
void json_add_int(struct json_page *page, const char *name, int64_t v);
void json_add_double(struct json_page *page, const char *name, int digits, double v);
void json_add_string(struct json_page *page, const char *name, const char *s, size_t size);
void json_add_text(struct json_page *page, const char *name, const char *text);
/* Real time, in ns: RFC 3339 with all nine digits. */
void json_add_time(struct json_page *page, const char *name, uint64_t nano);
void json_add_hex(struct json_page *page, const char *name, const uint8_t *data, size_t size);

/* A list of the @n. */
void json_add_uints(struct json_page *page, const char *name, const uint64_t *all, size_t n);
void json_add_texts(struct json_page *page, const char *name, const char *const *all, size_t n);

/* Nothing where it is not there: @has is false, @text NULL or "". */
void json_add_known_uint(struct json_page *page, const char *name, bool has, uint64_t v);
void json_add_known_text(struct json_page *page, const char *name, const char *text);
