/* SPDX-License-Identifier: Apache-2.0 */
/* clang, run on this machine: from one piece of memory into another, without temporary files. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#define COMPILER_PATH_MAX 256u
#define COMPILER_ARGS_MAX 48u

/* The newest clang in the folders of @path (as $PATH has them). Returns 0 or -ENOENT. */
int compiler_find(char ret[COMPILER_PATH_MAX], const char *path);

/* One run. All fds are memory; -1 where there is none. */
struct compiler_run {
	pid_t pid; /* 0: not running */
	int in;
	int out;
	int messages;
};

#define COMPILER_RUN_NULL ((struct compiler_run){.in = -1, .out = -1, .messages = -1})

/* Starts @clang with @args, NULL-terminated, without its name, on @source. Returns 0 or -errno. */
int compiler_start(struct compiler_run *run, const char *clang, const char *const args[],
		   const void *source, size_t source_size);

/* Waits for its end; the output is in run->out then, at offset 0. Returns 0, -errno, or -ENOEXEC
 * where the compiler refused the source, with its first error in @error. */
int compiler_finish(struct compiler_run *run, char *error, size_t size);

/* Waits, if it runs, and frees all. */
void compiler_run_done(struct compiler_run *run);
