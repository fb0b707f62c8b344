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

#define SECRET_FORM_CHAR 4 /* bytes of UTF-8 */

/* The character that @text (of 1 byte at least) begins with: what is written by its number has
 * several bytes, all else is a byte. Returns the bytes it takes in @text. */
size_t secret_form_next(const char *text, size_t size, enum secret_form form,
			char ret[SECRET_FORM_CHAR], size_t *ret_size);

/* The text that is written in Base64, either alphabet, without what fills it up; @ret has room for
 * @size + 1 bytes. False: it is none, or no plain text. */
bool secret_form_base64(const char *text, size_t size, char *ret);

/* In Base64 what is before a text, and behind it, decides on the first character and on the last.
 * Those between, where @before (0 to 2) more bytes than a multiple of 3 are before it; @ret has
 * room for 2 * @size + 4 bytes. Returns how many there are. */
size_t secret_form_in_base64(const char *text, size_t size, unsigned before, char *ret);

/* The bytes of @text each as a character of Latin-1, in UTF-8; @ret has room for 2 * @size bytes.
 * Returns how many there are. */
size_t secret_form_from_latin1(const char *text, size_t size, char *ret);
/* The other way; @ret has room for @size bytes. 0: it is no UTF-8, or has other characters. */
size_t secret_form_to_latin1(const char *text, size_t size, char *ret);

/* How many bytes of @text are a JWT or a seed of an nkey; 0: it does not begin with one. */
size_t secret_form_known(const char *text, size_t size);

/* Where in @text the first one of these begins, and how long it is; NULL: there is none. */
const char *secret_form_find(const char *text, size_t size, size_t *ret_size);
