/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/stats/stats.h"

#include <string.h>
#include <sys/random.h>
#include <xxhash.h>

#include "consumer/read/body.h"
#include "consumer/text/phrases.h"
#include "proto/base/util.h"

#define BODY(name) RINGSIDE__V1__RECORD__BODY_##name

const char *const stats_lists[STATS_LISTS] = {"containers", "syscalls", "victims"};
const char *const stats_parts[STATS_LISTS][4] = {
	[STATS_CONTAINERS] = {"container"},
	[STATS_SYSCALLS] = {"syscall", "action", "error"},
	[STATS_VICTIMS] = {"comm", "container"},
};

int stats_new(struct stats **ret)
{
	struct stats *stats = calloc(1, sizeof(*stats));

	if (!stats)
		return -ENOMEM;
	for (unsigned i = 0; i < STATS_LISTS; i++)
		(void)getrandom(&stats->lists[i].seed, sizeof(stats->lists[i].seed), GRND_NONBLOCK);
	*ret = stats;
	return 0;
}

struct stats *stats_free(struct stats *stats)
{
	if (stats)
		bpf_objects_done(&stats->counters.objects);
	for (unsigned i = 0; stats && i < STATS_LISTS; i++)
		toplist_done(&stats->lists[i]);
	free(stats);
	return NULL;
}

const char *stats_part(const char *name, unsigned n, size_t *ret_size)
{
	for (; n && *name; n--) {
		name += strcspn(name, "\t");
		name += *name == '\t';
	}
	*ret_size = strcspn(name, "\t");
	return name;
}

bool stats_wants(unsigned body)
{
	switch (body) {
	case RINGSIDE__V1__RECORD__BODY__NOT_SET:
	case BODY(HEADER):
	case BODY(FOOTER):
	case BODY(CLOCK):
		return false;
	default:
		return true;
	}
}

static unsigned kind_of(struct stats *stats, const char *name)
{
	char safe[KIND_NAME];
	struct line line = line_make(safe, sizeof(safe));
	struct stats_kind *kind;

	line_safe(&line, text_has(name) ? name : "any", sizeof(safe));
	(void)line_end(&line);
	for (unsigned i = 0; i < stats->n_kinds; i++) {
		if (!strcmp(stats->kinds[i].name, safe))
			return i;
	}
	if (stats->n_kinds == STATS_KINDS)
		return STATS_KINDS - 1;
	kind = &stats->kinds[stats->n_kinds++];
	(void)snprintf(kind->name, sizeof(kind->name), "%s",
		       stats->n_kinds == STATS_KINDS ? "others" : safe);
	return stats->n_kinds - 1;
}

static void count(struct stats *stats, unsigned kind, const Ringside__V1__Record *record,
		  struct toplist_count n)
{
	uint64_t time = record->time_unix_nano, both = n.delivered + n.limited;

	stats->sum.delivered += n.delivered;
	stats->sum.limited += n.limited;
	stats->kinds[kind].count.delivered += n.delivered;
	stats->kinds[kind].count.limited += n.limited;
	if (!record->has_time_unix_nano) {
		stats->untimed += both;
		return;
	}
	if (!stats->timed || time < stats->first)
		stats->first = time;
	if (!stats->timed || time > stats->last)
		stats->last = time;
	stats->timed = true;
	time_buckets_add(&stats->buckets, kind, time, both);
}

static uint64_t mix(uint64_t hash, const char *s)
{
	return XXH64(s ? s : "", s ? strlen(s) : 0, hash);
}

/* Adds the line, in which the container stands from @from on. What its words leave out of ids
 * tells it apart, too. */
static void put_container(struct stats *stats, enum stats_list which,
			  const Ringside__V1__Container *c, struct line *line, const char *from,
			  struct toplist_count n)
{
	struct toplist *list = &stats->lists[which];
	struct toplist_more more = {0};

	text_container(line, c);
	const size_t size = line_end(line);

	more.key = XXH64(line->start, size, list->seed);
	if (c) {
		more.key = mix(mix(mix(more.key, c->id), c->podman_pod_id), c->nested);
		more.rest = text_id_rest(c, from, &more.rest_at);
		more.rest_at += (size_t)(from - line->start);
	}
	toplist_add_more(list, c ? c->cgroup_path : NULL, line->start, size, &more, n);
}

static void count_container(struct stats *stats, const Ringside__V1__Container *container,
			    struct toplist_count n)
{
	char name[TEXT_MAX];
	struct line line = line_make(name, sizeof(name));

	put_container(stats, STATS_CONTAINERS, container, &line, name, n);
}

/* What a denial and its Limited have in common. */
struct call {
	const Ringside__V1__Container *container;
	const char *syscall_name, *arch_name, *error_name;
	bool has_number, has_error;
	int32_t number;
	uint32_t error;
	Ringside__V1__SeccompAction action;
};

#define CALL(m)                                                                                    \
	{                                                                                          \
		.container = (m)->container, .syscall_name = (m)->syscall_name,                    \
		.arch_name = (m)->arch_name, .error_name = (m)->error_name,                        \
		.has_number = (m)->has_syscall_number, .has_error = (m)->has_error_number,         \
		.number = (m)->syscall_number, .error = (m)->error_number, .action = (m)->action,  \
	}

static void put_action(struct line *line, Ringside__V1__SeccompAction action)
{
	static const char prefix[] = "SECCOMP_RET_";
	const ProtobufCEnumValue *v =
		protobuf_c_enum_descriptor_get_value(&ringside__v1__seccomp_action__descriptor,
						     (int)action);

	if (v && !strncmp(v->name, prefix, sizeof(prefix) - 1))
		line_text(line, v->name + sizeof(prefix) - 1);
	else
		line_int(line, (int)action); /* a newer version's */
}

static void count_call(struct stats *stats, const struct call *call, struct toplist_count n)
{
	char name[TEXT_MAX];
	struct line line = line_make(name, sizeof(name));

	if (text_has(call->syscall_name)) {
		line_safe(&line, call->syscall_name, TEXT_NAME_MAX);
	} else if (call->has_number) {
		/* a number means nothing without its table */
		line_text(&line, "syscall ");
		line_int(&line, call->number);
		line_text(&line, text_has(call->arch_name) ? " of " : "");
		line_safe(&line, call->arch_name, TEXT_NAME_MAX);
	} else {
		line_text(&line, "unknown");
	}
	line_text(&line, "\t");
	put_action(&line, call->action);
	line_text(&line, "\t");
	if (text_has(call->error_name)) {
		line_safe(&line, call->error_name, TEXT_NAME_MAX);
	} else if (call->has_error) {
		line_text(&line, "errno ");
		line_uint(&line, call->error);
	}
	toplist_add(&stats->lists[STATS_SYSCALLS],
		    call->container ? call->container->cgroup_path : NULL, name, line_end(&line),
		    n);
}

static void count_victim(struct stats *stats, const Ringside__V1__OomKill *kill,
			 struct toplist_count n)
{
	const Ringside__V1__Process *victim = kill->victim;
	char name[TEXT_MAX];
	struct line line = line_make(name, sizeof(name));
	const char *comm = NULL;

	if (victim)
		comm = text_has(victim->leader_comm) ? victim->leader_comm : victim->comm;
	line_name(&line, text_has(comm) ? comm : "process", TEXT_NAME_MAX);
	line_text(&line, "\t");
	put_container(stats, STATS_VICTIMS, kill->victim_container, &line, line.p, n);
}

static void add_event(struct stats *stats, const Ringside__V1__Record *record)
{
	const struct toplist_count one = {.delivered = 1};
	const ProtobufCMessage *body = body_of(record);
	const ProtobufCFieldDescriptor *field =
		protobuf_c_message_descriptor_get_field(&ringside__v1__record__descriptor,
							(unsigned)record->body_case);
	const ProtobufCMessage *container =
		body_message(body, &ringside__v1__container__descriptor);

	if (!body || !field)
		return;
	count(stats, kind_of(stats, field->name), record, one);
	count_container(stats, (const Ringside__V1__Container *)container, one);
	if (record->body_case == BODY(OOM_KILL)) {
		count_victim(stats, record->oom_kill, one);
	} else if (record->body_case == BODY(SECCOMP_DENIAL)) {
		const struct call call = CALL(record->seccomp_denial);

		count_call(stats, &call, one);
	}
}

static void add_limited(struct stats *stats, const Ringside__V1__Record *record)
{
	const Ringside__V1__Limited *limited = record->limited;
	const struct toplist_count n = {.limited = limited->count};
	const char *kind = text_has(limited->kind) ? limited->kind : "any";

	if (!limited->count)
		return;
	count(stats, kind_of(stats, kind), record, n);
	if (limited->overflow || (limited->others && !limited->container))
		toplist_add(&stats->lists[STATS_CONTAINERS], NULL, NULL, 0, n);
	else
		count_container(stats, limited->container, n);
	if (!strcmp(kind, "oom_kill")) {
		/* whom it was about was not kept */
		toplist_add(&stats->lists[STATS_VICTIMS], NULL, NULL, 0, n);
	} else if (!strcmp(kind, "seccomp_denial")) {
		const struct call call = CALL(limited);

		/* which calls these were was not kept */
		if (limited->overflow || limited->others)
			toplist_add(&stats->lists[STATS_SYSCALLS], NULL, NULL, 0, n);
		else
			count_call(stats, &call, n);
	}
}

static void add_lost(struct stats *stats, const Ringside__V1__Lost *lost)
{
	if (lost->has_count && !lost->count) /* a file without events was deleted */
		return;
	lost_add(stats->kinds[kind_of(stats, lost->kind)].lost, lost);
}

int stats_add(struct stats *stats, const Ringside__V1__Header *header,
	      const Ringside__V1__Record *record)
{
	if (record->body_case == BODY(COUNTERS))
		return stats_counters_add(&stats->counters, header, record);
	if (record->body_case == BODY(LIMITED))
		add_limited(stats, record);
	else if (record->body_case == BODY(LOST))
		add_lost(stats, record->lost);
	else if (stats_wants((unsigned)record->body_case))
		add_event(stats, record);
	return 0;
}
