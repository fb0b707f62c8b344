/* SPDX-License-Identifier: Apache-2.0 */
/* Counts by name, for as many names as have room, of which each cgroup has a share; what the others
 * have is counted together, so that the sum of all is exact. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "consumer/sums/slot-shares.h"

#define TOPLIST_KEYS 4096
#define TOPLIST_NAME 384 /* bytes kept of a name */
#define TOPLIST_REST 56
#define TOPLIST_SHOWN 10

struct toplist_count {
	uint64_t delivered, limited;
};

struct toplist_row {
	uint64_t hash; /* of all that tells it from others */
	struct toplist_count count;
	uint16_t rest_at; /* in the name: there the rest was left out */
	char rest[TOPLIST_REST];
	char name[TOPLIST_NAME];
};

/* What is more than its name: @key tells rows apart whose names are the same. Of the name, @rest
 * (shorter than TOPLIST_REST) was left out at @rest_at. */
struct toplist_more {
	uint64_t key;
	size_t rest_at;
	const char *rest;
};

struct toplist {
	uint64_t seed;             /* nobody can know it and choose two names of one hash */
	struct slot_shares shares; /* whose the rows are */
	size_t n;
	struct toplist_count others;      /* of names that found no room */
	struct toplist_count unknown;     /* of those that nobody knows the name of */
	uint16_t slots[2 * TOPLIST_KEYS]; /* row + 1; 0: free */
	struct toplist_row rows[TOPLIST_KEYS];
};

/* @name of @size bytes; NULL: it is not known. A name that is new needs room in the share of the
 * cgroup @path. */
void toplist_add(struct toplist *list, const char *path, const char *name, size_t size,
		 struct toplist_count count);
void toplist_add_more(struct toplist *list, const char *path, const char *name, size_t size,
		      const struct toplist_more *more, struct toplist_count count);
/* Of the name with this key (struct toplist_more). False: it has no row. */
bool toplist_add_again(struct toplist *list, uint64_t key, struct toplist_count count);
/* The sums of rows whose names are the same from their first tab on. NULL: no memory. */
struct toplist *toplist_join(const struct toplist *list);
void toplist_done(struct toplist *list); /* any time, also twice */

/* The rows with the most, the first of them first. Returns how many, and in *ret_others the sum of
 * the rows that are not among them and of those that found no room. */
size_t toplist_top(const struct toplist *list, const struct toplist_row *ret[TOPLIST_SHOWN],
		   struct toplist_count *ret_others);

/* The name of row @i of those that are shown: with its rest where another one's is the same. */
#define TOPLIST_SHOWN_NAME (TOPLIST_NAME + TOPLIST_REST)
const char *toplist_name(const struct toplist_row *const *rows, size_t n, size_t i,
			 char buf[TOPLIST_SHOWN_NAME]);
