/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/serve/access-token.h"

#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "proto/base/util.h"

#define SCHEME "Bearer "

/* NULL: nothing is wrong with it. */
static const char *judge_file(const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return "not a regular file";
	if (st->st_mode & (S_IRWXO | S_IWGRP))
		return "others may read or change it: chmod 640, or less";
	return NULL;
}

static const char *judge_text(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return "the token is to be one line of visible ASCII characters";
	if (size < ACCESS_TOKEN_MIN)
		return "the token is too short: 16 characters or more (openssl rand -hex 32)";
	return NULL;
}

static size_t without_newline(const char *text, size_t size)
{
	if (size && text[size - 1] == '\n')
		size--;
	if (size && text[size - 1] == '\r')
		size--;
	return size;
}

int access_token_read(struct access_token *token, const char *path, const char **ret_why)
{
	/* a FIFO would not open until somebody writes to it */
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	char text[ACCESS_TOKEN_MAX + 3]; /* CR, LF, and one that is too many */
	ssize_t n;

	*ret_why = NULL;
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	*ret_why = judge_file(&st);
	if (*ret_why)
		return -EPERM;
	n = read_full(fd, text, sizeof(text));
	if (n < 0)
		return (int)n;
	token->size = without_newline(text, (size_t)n);
	*ret_why = token->size > ACCESS_TOKEN_MAX ? "the token is longer than 512 characters"
						  : judge_text(text, token->size);
	if (*ret_why)
		return -EINVAL;
	memcpy(token->text, text, token->size);
	return 0;
}

bool access_token_is_in(const struct access_token *token, const char *header)
{
	volatile unsigned char differs = 0; /* no comparison may end early */
	size_t size;

	if (!header || strncasecmp(header, SCHEME, strlen(SCHEME)) != 0)
		return false;
	header += strlen(SCHEME);
	header += strspn(header, " ");
	size = strcspn(header, " \t");
	if (size != token->size || header[size + strspn(header + size, " \t")])
		return false;
	for (size_t i = 0; i < size; i++)
		differs |= (unsigned char)(header[i] ^ token->text[i]);
	return !differs;
}
