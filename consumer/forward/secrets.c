/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/forward/secrets.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/secret-forms.h"
#include "proto/base/util.h"

#define STARS "***"
#define ALONE_BELOW 4u   /* bytes: a shorter one is part of too many words */
#define CUT_LEAST 8u     /* bytes of one in a row that tell that it is one */
#define ENCODED_LEAST 5u /* bytes: of a shorter one too little is left in Base64 */
#define SEPARATORS " \t,;"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-"
#define WORDS_MAX 1024u /* of what has more only all of it is known */

struct secret {
	char *text;
	size_t size;
	bool whole;   /* a part of it is none: a scheme, a name */
	bool encoded; /* as Base64 */
};

/* ---- what is one ---- */

static int add_form(struct secrets *secrets, const char *text, size_t size, bool whole,
		    bool encoded)
{
	struct secret *more;
	char *copy;

	if (!size)
		return 0;
	more = reallocarray(secrets->all, secrets->n + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	secrets->all = more;
	copy = strndup(text, size);
	if (!copy)
		return -ENOMEM;
	more[secrets->n++] = (struct secret){copy, size, whole, encoded};
	return 0;
}

/* Who answers may show a header, or all of them, in Base64. */
static int add_encoded(struct secrets *secrets, const char *text, size_t size)
{
	_cleanup_free_ char *form = NULL;
	int r = 0;

	if (size < ENCODED_LEAST)
		return 0;
	form = malloc(2 * size + 4);
	if (!form)
		return -ENOMEM;
	for (unsigned before = 0; !r && before < 3; before++)
		r = add_form(secrets, form, secret_form_in_base64(text, size, before, form), false,
			     true);
	explicit_bzero(form, 2 * size + 4);
	return r;
}

static int add_bytes(struct secrets *secrets, const char *text, size_t size, bool whole)
{
	int r = add_form(secrets, text, size, whole, false);

	return r || whole ? r : add_encoded(secrets, text, size);
}

static bool is_ascii(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if ((unsigned char)text[i] > 0x7f)
			return false;
	return true;
}

/* Headers have bytes, and who answers may take them for Latin-1, or write Latin-1. */
static int add_text(struct secrets *secrets, const char *text, size_t size, bool whole)
{
	_cleanup_free_ char *form = NULL;
	int r = add_bytes(secrets, text, size, whole);

	if (r || is_ascii(text, size))
		return r;
	form = malloc(2 * size);
	if (!form)
		return -ENOMEM;
	r = add_bytes(secrets, form, secret_form_from_latin1(text, size, form), whole);
	if (!r)
		r = add_bytes(secrets, form, secret_form_to_latin1(text, size, form), whole);
	explicit_bzero(form, 2 * size);
	return r;
}

static int add_decoded(struct secrets *secrets, const char *word, size_t size)
{
	_cleanup_free_ char *text = malloc(size + 1);
	const char *colon;
	int r = 0;

	if (!text)
		return -ENOMEM;
	if (secret_form_base64(word, size, text)) {
		colon = strchr(text, ':');
		r = colon ? add_text(secrets, text, strlen(text), false) : 0;
		if (!r && colon)
			r = add_text(secrets, text, (size_t)(colon - text), false);
		if (!r && colon)
			r = add_text(secrets, colon + 1, strlen(colon + 1), false);
	}
	explicit_bzero(text, size + 1);
	return r;
}

static bool is_quote(char c)
{
	return c == '"' || c == '\'';
}

/* Also without what fills Base64 up. */
static int add_credential(struct secrets *secrets, const char *word, size_t size)
{
	size_t bare = size;
	int r = add_text(secrets, word, size, false);

	while (bare && word[bare - 1] == '=')
		bare--;
	if (!r && bare < size)
		r = add_text(secrets, word, bare, false);
	return r ? r : add_decoded(secrets, word, bare);
}

/* abc, "abc", key=abc, key="abc" */
static int add_word(struct secrets *secrets, const char *word, size_t size)
{
	const char *equals = memchr(word, '=', size);
	int r = 0;

	if (equals && equals + strspn(equals, "=") < word + size) {
		r = add_text(secrets, word, size, true);
		size -= (size_t)(equals + 1 - word);
		word = equals + 1;
	}
	for (; size && is_quote(*word); size--)
		word++;
	while (size && is_quote(word[size - 1]))
		size--;
	return r ? r : add_credential(secrets, word, size);
}

int secrets_add(struct secrets *secrets, const char *value)
{
	size_t first = strcspn(value, SEPARATORS);
	int r = add_text(secrets, value, strlen(value), true);

	/* "Bearer", "Basic": everybody knows it */
	if (value[first] == ' ' && first == strspn(value, LETTERS))
		value += first;
	while (!r && secrets->n < WORDS_MAX && *(value += strspn(value, SEPARATORS))) {
		const size_t size = strcspn(value, SEPARATORS);

		r = add_word(secrets, value, size);
		value += size;
	}
	return r;
}

void secrets_free(struct secrets *secrets)
{
	for (size_t i = 0; i < secrets->n; i++) {
		explicit_bzero(secrets->all[i].text, secrets->all[i].size);
		free(secrets->all[i].text);
	}
	free(secrets->all);
	*secrets = (struct secrets){NULL, 0};
}

/* ---- where it stands ---- */

/* @c stands where the secret has @wanted. */
static bool is_same(const struct secret *secret, char c, char wanted, enum secret_form form)
{
	if (tolower((unsigned char)c) == tolower((unsigned char)wanted))
		return true;
	if (secret->encoded) /* either alphabet */
		return (c == '-' && wanted == '+') || (c == '_' && wanted == '/');
	return c == '+' && form == SECRET_URL && wanted == ' ';
}

/* How many bytes of @text are the secret from its byte @at on, or, where it may be cut, a part of
 * that; 0: none. */
static size_t match_in_form(const struct secret *secret, size_t at, const char *text, size_t size,
			    enum secret_form form)
{
	size_t used = 0, n = at;

	while (n < secret->size && used < size) {
		char c[SECRET_FORM_CHAR];
		size_t n_c, same = 0;
		const size_t one = secret_form_next(text + used, size - used, form, c, &n_c);

		while (same < n_c && n + same < secret->size &&
		       is_same(secret, c[same], secret->text[n + same], form))
			same++;
		if (same < n_c)
			break;
		used += one;
		n += same;
	}
	return (!at && n == secret->size) || (n - at >= CUT_LEAST && !secret->whole) ? used : 0;
}

/* It may be cut at its front, too. */
static size_t match(const struct secret *secret, const char *text, size_t size)
{
	const size_t last =
		secret->whole || secret->size < CUT_LEAST ? 0 : secret->size - CUT_LEAST;
	size_t longest = 0;

	for (enum secret_form form = 0; form < SECRET_FORMS; form++)
		for (size_t at = 0; at <= last; at++)
			longest = max_u64(longest, match_in_form(secret, at, text, size, form));
	return longest;
}

static bool stands_alone(const char *start, const char *at, size_t size, const char *end)
{
	return (at == start || !isalnum((unsigned char)at[-1])) &&
	       (at + size == end || !isalnum((unsigned char)at[size]));
}

/* @least: of bytes that one has. */
static size_t longest_at(const struct secrets *secrets, size_t least, const char *start,
			 const char *at, const char *end)
{
	size_t longest = secret_form_known(at, (size_t)(end - at));

	for (size_t i = 0; i < secrets->n; i++) {
		const struct secret *secret = &secrets->all[i];
		const size_t size = match(secret, at, (size_t)(end - at));

		if (size > longest && secret->size >= least &&
		    (secret->size >= ALONE_BELOW || stands_alone(start, at, size, end)))
			longest = size;
	}
	return longest;
}

static void hide(const struct secrets *secrets, size_t least, const char *from, size_t size,
		 char *to, size_t room)
{
	const char *end = from, *at = from;
	char *last = to + room - 1;

	while (end < from + size && *end && *end != '\n' && *end != '\r')
		end++;
	while (at < end && to < last) {
		const size_t hidden = longest_at(secrets, least, from, at, end);

		if (!hidden) {
			*to++ = *at++;
			continue;
		}
		at += hidden;
		for (const char *star = STARS; *star && to < last; star++)
			*to++ = *star;
	}
	*to = '\0';
}

void secrets_hide(const struct secrets *secrets, const char *from, size_t size, char *to,
		  size_t room)
{
	hide(secrets, 1, from, size, to, room);
}

int secrets_hide_in(const struct secrets *secrets, char *text)
{
	const size_t size = strlen(text);
	_cleanup_free_ char *copy = strdup(text);

	if (!copy)
		return -ENOMEM;
	hide(secrets, CUT_LEAST, copy, size, text, size + 1);
	return 0;
}
