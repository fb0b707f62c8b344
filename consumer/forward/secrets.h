/* SPDX-License-Identifier: Apache-2.0 */
/* What we tell the far end and nobody else: a token, a password, a key. Who answers may repeat it,
 * and its words go to stderr, a status file and the file of what was refused, which others read:
 * they are written with stars in its place. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

struct secret;

struct secrets {
	struct secret *all;
	size_t n;
};

/* A value as it is sent, "Bearer abc", "Basic dXNlcjpwYXNz", "id=7; key=abc": all of it, the words
 * and values in it, and what of these is Base64 of a text with a colon, with both its sides.
 * "" is none. 0 or -ENOMEM. */
int secrets_add(struct secrets *secrets, const char *value);
void secrets_free(struct secrets *secrets);

/* Of @from, up to its first line's end or @size bytes, what fits into the @room of @to, with a NUL;
 * "***" for each secret, also in other letters' case, and where characters of it are escaped as
 * URLs, JSON or HTML do it; where its bytes were taken for Latin-1, or written as Latin-1; within
 * what is Base64 of more; for eight bytes in a row of one or more, where it is cut at either end;
 * for one of less than four bytes only where it stands alone, else half of the text would be stars.
 * So for
 * whatever looks like a JWT or a seed of an nkey, which a library reads from a file of its own. */
void secrets_hide(const struct secrets *secrets, const char *from, size_t size, char *to,
		  size_t room);

/* The same in a sentence of ours that may hold such words: of less than eight bytes a secret is
 * like a word of our own. @text stays as long or becomes shorter. 0 or -ENOMEM. */
int secrets_hide_in(const struct secrets *secrets, char *text);
