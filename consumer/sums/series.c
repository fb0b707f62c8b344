/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/sums/series.h"

#include <string.h>
#include <xxhash.h>

#include "consumer/base/packed-texts.h"
#include "consumer/base/text-line.h"
#include "consumer/read/body.h"
#include "proto/base/util.h"

#define STALE_NANO UINT64_C(600000000000)

const char *const series_fields[SERIES_FIELDS] = {
	"namespace", "pod",    "container", "container_id", "pod_uid", "runtime",
	"unit",      "cgroup", "arch",      "syscall",      "action",  "errno",
	"scope",     "signal", "cause",     "others",
};

struct key {
	unsigned kind;
	struct packed_texts fields;
};

const struct series *series_next(const struct series_set *set, unsigned kind, size_t *at)
{
	while (*at < set->n) {
		const struct series *one = set->all[(*at)++];

		if (one->kind == kind)
			return one;
	}
	return NULL;
}

static void put_number(struct packed_texts *fields, const char *name, bool has, int64_t v)
{
	char buf[32];
	struct line line = line_make(buf, sizeof(buf));

	if (!name && has)
		line_int(&line, v);
	(void)line_end(&line);
	packed_texts_put(fields, name ? name : buf);
}

void series_of_container(const Ringside__V1__Container *container,
			 const char *ret[SERIES_OF_CONTAINER])
{
	static const Ringside__V1__Container none = RINGSIDE__V1__CONTAINER__INIT;
	const Ringside__V1__Container *c = container ? container : &none;

	ret[SERIES_NAMESPACE] = c->namespace_name;
	ret[SERIES_POD] = c->pod_name;
	ret[SERIES_CONTAINER] = c->container_name;
	ret[SERIES_CONTAINER_ID] = c->id;
	ret[SERIES_POD_UID] = c->pod_uid;
	ret[SERIES_RUNTIME] = c->runtime;
	ret[SERIES_UNIT] = c->systemd_unit;
	ret[SERIES_CGROUP] = c->cgroup_path;
}

static void make_key(struct key *key, unsigned kind, const Ringside__V1__CounterRow *row)
{
	struct packed_texts *fields = &key->fields;
	const char *container[SERIES_OF_CONTAINER];

	key->kind = kind;
	packed_texts_begin(fields, SERIES_FIELDS);
	series_of_container(row->container, container);
	for (unsigned i = 0; i < SERIES_OF_CONTAINER; i++)
		packed_texts_put(fields, container[i]);
	put_number(fields, row->arch_name, row->has_arch, row->arch);
	put_number(fields, row->syscall_name, row->has_syscall_number, row->syscall_number);
	packed_texts_put(fields, row->has_action
					 ? body_enum(&ringside__v1__seccomp_action__descriptor,
						     (int)row->action, "SECCOMP_RET_")
					 : NULL);
	put_number(fields, row->error_name, row->has_error_number, row->error_number);
	packed_texts_put(fields, row->has_scope ? body_enum(&ringside__v1__oom_scope__descriptor,
							    (int)row->scope, "OOM_SCOPE_")
						: NULL);
	put_number(fields, row->signal_name, row->has_signal, row->signal);
	packed_texts_put(fields, row->has_kill_cause
					 ? body_enum(&ringside__v1__kill_cause__descriptor,
						     (int)row->kill_cause, "KILL_CAUSE_")
					 : NULL);
	packed_texts_put(fields, row->others ? "true" : NULL);
}

/* Of all others of a container, or of those of a cgroup: the first bytes of @path. */
static void make_others(struct key *key, unsigned kind, const Ringside__V1__CounterRow *row,
			const char *path, size_t size)
{
	_cleanup_free_ char *above = size ? strndup(path, size) : NULL;
	struct packed_texts *fields = &key->fields;
	const char *container[SERIES_OF_CONTAINER] = {NULL};

	key->kind = kind;
	packed_texts_begin(fields, SERIES_FIELDS);
	if (above)
		container[SERIES_CGROUP] = above;
	else if (!size)
		series_of_container(row->container, container);
	for (unsigned i = 0; i < SERIES_OTHERS; i++)
		packed_texts_put(fields, i < SERIES_OF_CONTAINER ? container[i] : NULL);
	packed_texts_put(fields, "true");
}

static bool is_of_others(const struct series *series)
{
	return *packed_texts_get(series->text, SERIES_OTHERS);
}

static struct slot_shares *shares_of(struct series_set *set, unsigned kind, bool others)
{
	return others ? &set->others[kind] : &set->shares[kind];
}

static bool is_same(const void *item, const void *data)
{
	const struct series *series = item;
	const struct key *key = data;

	return series->kind == key->kind && series->size == key->fields.size &&
	       !memcmp(series->text, key->fields.text, key->fields.size);
}

static bool is_it(void *item, void *data)
{
	return item == data;
}

static void drop_series(struct series_set *set, size_t i)
{
	struct series *series = set->all[i];

	slot_shares_give(shares_of(set, series->kind, is_of_others(series)),
			 packed_texts_get(series->text, SERIES_CGROUP), series->charged);
	table_sweep(&set->table, is_it, series);
	set->n_kind[series->kind]--;
	free(series);
	set->n--;
	memmove(set->all + i, set->all + i + 1, (set->n - i) * sizeof(*set->all));
}

/* Of those of the kind whose rows are gone for long, the first: who reads has seen its last value.
 */
static bool make_room(struct series_set *set, unsigned kind, uint64_t now_nano)
{
	size_t best = SIZE_MAX;

	if (now_nano < set->full_until[kind])
		return false;
	for (size_t i = 0; i < set->n; i++) {
		const struct series *one = set->all[i];

		if (one->kind == kind && !one->refs &&
		    (best == SIZE_MAX || one->latest_nano < set->all[best]->latest_nano))
			best = i;
	}
	if (best == SIZE_MAX || set->all[best]->latest_nano + STALE_NANO > now_nano) {
		set->full_until[kind] = best == SIZE_MAX ? now_nano + STALE_NANO / 10
							 : set->all[best]->latest_nano + STALE_NANO;
		return false;
	}
	drop_series(set, best);
	return true;
}

static struct series *add_series(struct series_set *set, const struct key *key, uint64_t hash)
{
	_cleanup_free_ struct series *series = calloc(1, sizeof(*series) + key->fields.size);

	if (!series || GROW(set->all, set->n, &set->room) || table_add(&set->table, hash, series))
		return NULL;
	series->kind = key->kind;
	series->size = key->fields.size;
	memcpy(series->text, key->fields.text, key->fields.size);
	set->n_kind[key->kind]++;
	set->all[set->n++] = series;
	return TAKE_PTR(series);
}

static struct series *find_series(const struct series_set *set, const struct key *key,
				  uint64_t *ret_hash)
{
	*ret_hash = XXH3_64bits_withSeed(key->fields.text, key->fields.size, key->kind);
	return table_find(&set->table, *ret_hash, is_same, key);
}

/* Whose share a new series is in: that of the first bytes of a path. */
struct charge {
	const char *path;
	size_t size;
	bool others;
};

static size_t parent_size(const char *path, size_t size)
{
	while (size && path[size - 1] != '/')
		size--;
	return size ? size - 1 : 0;
}

/* The series of the key, which @to has to have room for if it is new. */
static struct series *get_series(struct series_set *set, const struct key *key,
				 const struct charge *to, uint64_t now_nano)
{
	struct slot_shares *shares = shares_of(set, key->kind, to->others);
	uint64_t hash;
	struct series *series = find_series(set, key, &hash);

	if (series)
		return series;
	if (!slot_shares_take(shares, to->path, to->size, set->limit) &&
	    !(make_room(set, key->kind, now_nano) &&
	      slot_shares_take(shares, to->path, to->size, set->limit)))
		return NULL;
	series = add_series(set, key, hash);
	if (series)
		series->charged = to->size;
	else
		slot_shares_give(shares, to->path, to->size);
	return series;
}

/* That of the container, or of the nearest cgroup above it, in the share of what is above that. */
static struct series *get_others(struct series_set *set, unsigned kind,
				 const Ringside__V1__CounterRow *row, const char *path,
				 uint64_t now_nano)
{
	struct charge to = {.path = path, .size = strlen(path), .others = true};
	struct series *series;
	struct key key;

	make_others(&key, kind, row, NULL, 0);
	series = get_series(set, &key, &to, now_nano);
	for (;;) {
		size_t above = parent_size(path, to.size);

		if (series || !above)
			return series;
		make_others(&key, kind, row, path, above);
		to.size = parent_size(path, above);
		series = get_series(set, &key, &to, now_nano);
		to.size = above;
	}
}

struct series *series_get(struct series_set *set, unsigned kind,
			  const Ringside__V1__CounterRow *row, uint64_t now_nano)
{
	const char *path =
		row->container && row->container->cgroup_path ? row->container->cgroup_path : "";
	const struct charge to = {.path = path, .size = strlen(path)};
	struct series *series = NULL;
	struct key key;

	make_key(&key, kind, row);
	if (!row->others)
		series = get_series(set, &key, &to, now_nano);
	return series ? series : get_others(set, kind, row, path, now_nano);
}

void series_done(struct series_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		free(set->all[i]);
	free(set->all);
	table_done(&set->table, NULL);
	for (unsigned kind = 0; kind < SERIES_KINDS; kind++) {
		slot_shares_done(&set->shares[kind]);
		slot_shares_done(&set->others[kind]);
	}
	*set = (struct series_set){0};
}
