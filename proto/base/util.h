/* SPDX-License-Identifier: Apache-2.0 */
/* What both programs need and C does not have. Nothing else belongs here. */
#pragma once

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* What @ptr is the @member of. */
#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* Ownership leaves in exactly one visible place: *ret = TAKE_PTR(local). */
#define TAKE_PTR(ptr)                                                                              \
	({                                                                                         \
		__typeof__(ptr) *take_ = &(ptr), taken_ = *take_;                                  \
		*take_ = NULL;                                                                     \
		taken_;                                                                            \
	})
#define TAKE_FD(fd)                                                                                \
	({                                                                                         \
		int *take_ = &(fd), taken_ = *take_;                                               \
		*take_ = -1;                                                                       \
		taken_;                                                                            \
	})

#define _cleanup_(fn) __attribute__((cleanup(fn)))
#define _cleanup_free_ _cleanup_(util_freep)
#define _cleanup_close_ _cleanup_(util_closep)
#define _cleanup_fclose_ _cleanup_(util_fclosep)
#define _printf_(fmt, args) __attribute__((format(printf, fmt, args)))

/* x_freep(), for _cleanup_, of a struct x that x_free() takes and NULL, too. */
#define DEFINE_FREEP(x)                                                                            \
	static inline void x##_freep(struct x **p)                                                 \
	{                                                                                          \
		(void)x##_free(*p);                                                                \
	}                                                                                          \
	struct x /* takes the semicolon */

static inline void util_freep(void *p)
{
	free(*(void **)p);
}

static inline void util_closep(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static inline void util_fclosep(FILE **f)
{
	if (*f)
		(void)fclose(*f);
}

/* As qsort wants it. */
static inline int compare_u64(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static inline uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Room for one more than @n members in *array, of members of @size bytes; there is some for *room.
 * Returns 0 or -ENOMEM; then nothing has changed. */
static inline int util_grow(void *array, size_t n, size_t *room, size_t size)
{
	size_t more = *room ? 2 * *room : 64;
	void *all;

	if (n < *room)
		return 0;
	memcpy(&all, array, sizeof(all));
	all = reallocarray(all, more, size);
	if (!all)
		return -ENOMEM;
	memcpy(array, &all, sizeof(all));
	*room = more;
	return 0;
}
#define GROW(array, n, room) util_grow(&(array), n, room, sizeof(*(array)))

/* The sentence that says why goes to @error; returns @code. */
_printf_(4, 5) static inline int refuse(char *error, size_t size, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(error, size, format, args);
	va_end(args);
	return code;
}

/* Writes all of @size bytes. Returns 0 or -errno; a partial write may have happened. */
static inline int write_all(int fd, const void *data, size_t size)
{
	const uint8_t *p = data;

	while (size) {
		ssize_t n = write(fd, p, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		size -= (size_t)n;
	}
	return 0;
}

#define FROM_HERE UINT64_MAX

/* Reads from @offset on, or FROM_HERE, until @size bytes or the end of the file. Returns the bytes
 * read, or -errno. */
static inline ssize_t pread_full(int fd, void *data, size_t size, uint64_t offset)
{
	uint8_t *p = data;
	size_t done = 0;

	while (done < size) {
		ssize_t n = offset == FROM_HERE
				    ? read(fd, p + done, size - done)
				    : pread(fd, p + done, size - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

static inline ssize_t read_full(int fd, void *data, size_t size)
{
	return pread_full(fd, data, size, FROM_HERE);
}
