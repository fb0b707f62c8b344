/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/starve.h"

#include <stddef.h>

static unsigned long left;
static bool happened;

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
char *__real_strndup(const char *s, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
char *__wrap_strndup(const char *s, size_t size);

void starve_at(unsigned long n)
{
	left = n;
	happened = false;
}

bool starve_happened(void)
{
	return happened;
}

static bool is_had(void)
{
	happened |= left == 1;
	return !left || --left;
}

void *__wrap_malloc(size_t size)
{
	return is_had() ? __real_malloc(size) : NULL;
}

void *__wrap_calloc(size_t n, size_t size)
{
	return is_had() ? __real_calloc(n, size) : NULL;
}

char *__wrap_strndup(const char *s, size_t size)
{
	return is_had() ? __real_strndup(s, size) : NULL;
}
