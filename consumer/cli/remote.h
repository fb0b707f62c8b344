/* SPDX-License-Identifier: Apache-2.0 */
/* Records that are not on this machine: a program of ours brings them as a plain stream. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define REMOTE_ARGS 600

struct remote {
	pid_t pid; /* 0: there is none */
	int out;   /* of it, to be read */
};

/* @path is no file, but nats://... or tls://... */
bool remote_is(const char *path);

/* Starts the program for @url, with @args (NULL ends them; may be NULL) before it. 0; -ENOENT:
 * this build has none; or -errno. */
int remote_start(struct remote *remote, const char *url, const char *const *args);

/* The numbers of the first and the last of what is there, with @args as for remote_start(); 0 and
 * 0: nothing is. 0 or -errno. */
int remote_numbers(const char *url, const char *const *args, uint64_t *ret_first,
		   uint64_t *ret_last);

/* The streams that are at @url, each a path of its own, which may be opened as any; an array that
 * NULL ends and the caller frees, with what is in it. 0 or -errno. */
int remote_list(const char *url, char ***ret);
/* @path is one of these, or no other could be found out. */
bool remote_is_stream(const char *path);

/* It wrote all it had and ends: waits for that. False: it could not, and has said why. */
bool remote_end(struct remote *remote);

/* Any time, also twice. */
void remote_stop(struct remote *remote);
