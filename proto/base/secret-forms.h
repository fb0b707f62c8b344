/* SPDX-License-Identifier: Apache-2.0 */
/* How a secret may be written, and what is one by its form alone. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum secret_form {
	SECRET_PLAIN,
	SECRET_URL,    /* %3d */
	SECRET_QUOTED, /* of JSON or HTML: \u003d, \", &quot;, &#61; */
	SECRET_FORMS,
};

/* The character that @text (of 1 byte at least) begins with. Returns the bytes it takes. */
size_t secret_form_next(const char *text, size_t size, enum secret_form form, char *ret);

/* The text that is written in Base64, either alphabet, without what fills it up; @ret has room for
 * @size + 1 bytes. False: it is none, or no plain text. */
bool secret_form_base64(const char *text, size_t size, char *ret);

/* How many bytes of @text are a JWT or a seed of an nkey; 0: it does not begin with one. */
size_t secret_form_known(const char *text, size_t size);

/* Where in @text the first one of these begins, and how long it is; NULL: there is none. */
const char *secret_form_find(const char *text, size_t size, size_t *ret_size);
