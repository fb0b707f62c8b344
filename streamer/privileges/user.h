/* SPDX-License-Identifier: Apache-2.0 */
/* As whom the streamer goes on once its probes are attached. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define USER_NAME_MAX 33

struct user {
	char name[USER_NAME_MAX]; /* or its number */
	uid_t uid;
	gid_t gid;
	bool changes; /* it is another one than we are */
};

/* Who may be chosen, best first. */
struct users {
	struct user self;
	struct user found[2];
	unsigned n;
	const struct user *ran; /* of found: who ran sudo, or NULL */
	const char *stays;      /* why root stays root, or NULL */
};

/* @wish: of --user, a name or number, or NULL: root becomes `ringside` or who ran sudo, and others
 * stay who they are. Returns 0, or -errno with a sentence in @error. */
int users_find(struct users *ret, const char *wish, char *error, size_t size);

/* Chooses one who may make files in the folder @make_fd (-1: there are none to be made); rather
 * him who ran sudo, if the folder @owner_fd (-1: none) is his. Returns 0, or -EACCES with the
 * reason in @error; @path: what it calls the folder. */
int users_choose(const struct users *users, int owner_fd, int make_fd, const char *path,
		 struct user *ret, char *error, size_t size);
