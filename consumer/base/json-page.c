/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/base/json-page.h"

#include <stdio.h>
#include <string.h>

#include "consumer/base/json.h"
#include "consumer/base/text-line.h"

/* What stands before a value, which the caller writes then. */
static struct writer *begin_value(struct json_page *page, const char *name)
{
	writer_string(page->writer, page->behind_value ? "," : "");
	if (name) {
		writer_string(page->writer, "\"");
		writer_string(page->writer, name);
		writer_string(page->writer, "\":");
	}
	page->behind_value = true;
	return page->writer;
}

static void begin_values(struct json_page *page, const char *name, const char *bracket)
{
	writer_string(begin_value(page, name), bracket);
	page->behind_value = false;
}

static void end_values(struct json_page *page, const char *bracket)
{
	writer_string(page->writer, bracket);
	page->behind_value = true;
}

struct json_page json_begin_page(struct writer *writer)
{
	struct json_page page = {.writer = writer};

	json_begin_object(&page, NULL);
	return page;
}

void json_end_page(struct json_page *page)
{
	end_values(page, "}\n");
}

void json_begin_object(struct json_page *page, const char *name)
{
	begin_values(page, name, "{");
}

void json_end_object(struct json_page *page)
{
	end_values(page, "}");
}

void json_begin_list(struct json_page *page, const char *name)
{
	begin_values(page, name, "[");
}

void json_end_list(struct json_page *page)
{
	end_values(page, "]");
}

void json_add_raw(struct json_page *page, const char *name, const char *json)
{
	writer_string(begin_value(page, name), json);
}

void json_add_bool(struct json_page *page, const char *name, bool v)
{
	json_add_raw(page, name, v ? "true" : "false");
}

void json_add_uint(struct json_page *page, const char *name, uint64_t v)
{
	json_uint(begin_value(page, name), v);
}

void json_add_int(struct json_page *page, const char *name, int64_t v)
{
	json_int(begin_value(page, name), v);
}

void json_add_double(struct json_page *page, const char *name, int digits, double v)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "%.*g", digits, v);
	json_add_raw(page, name, text);
}

void json_add_string(struct json_page *page, const char *name, const char *s, size_t size)
{
	json_string(begin_value(page, name), s, size);
}

void json_add_text(struct json_page *page, const char *name, const char *text)
{
	json_add_string(page, name, text, strlen(text));
}

void json_add_time(struct json_page *page, const char *name, uint64_t nano)
{
	uint8_t text[JSON_TIME];

	json_add_string(page, name, (const char *)text, (size_t)(json_time(text, nano) - text));
}

void json_add_hex(struct json_page *page, const char *name, const uint8_t *data, size_t size)
{
	json_hex(begin_value(page, name), data, size);
}

void json_add_uints(struct json_page *page, const char *name, const uint64_t *all, size_t n)
{
	json_begin_list(page, name);
	for (size_t i = 0; i < n; i++)
		json_add_uint(page, NULL, all[i]);
	json_end_list(page);
}

void json_add_texts(struct json_page *page, const char *name, const char *const *all, size_t n)
{
	json_begin_list(page, name);
	for (size_t i = 0; i < n; i++)
		json_add_text(page, NULL, all[i]);
	json_end_list(page);
}

void json_add_known_uint(struct json_page *page, const char *name, bool has, uint64_t v)
{
	if (has)
		json_add_uint(page, name, v);
}

void json_add_known_text(struct json_page *page, const char *name, const char *text)
{
	if (text_has(text))
		json_add_text(page, name, text);
}
