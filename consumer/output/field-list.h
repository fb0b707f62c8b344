/* SPDX-License-Identifier: Apache-2.0 */
/* Members of JSON that were chosen by name: "time", "container.name", "labels.cluster". */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FIELD_LIST_MAX 64u

struct writer;

/* All there is to it is to be zero: none was chosen. */
struct field_list {
	char *text;
	size_t n;
	const char *names[FIELD_LIST_MAX];
};

/* The value of a member, as it stands in JSON; NULL: it is not there. */
struct field_value {
	const uint8_t *text;
	size_t size;
};

/* @arg has commas between them. 0; -EINVAL with a sentence in @error; or -ENOMEM. */
int field_list_parse(struct field_list *list, const char *arg, char *error, size_t size);
void field_list_done(struct field_list *list);

/* Of the object @json, which is one of ours. */
void field_list_put(const struct field_list *list, struct writer *writer, const uint8_t *json);
void field_list_values(const struct field_list *list, struct field_value values[FIELD_LIST_MAX],
		       const uint8_t *json);
