/* SPDX-License-Identifier: Apache-2.0 */
/* Whose it is, in few words: never the same for two containers, units or jobs of one machine. */
#include <string.h>

#include "consumer/text/phrases.h"
#include "proto/base/util.h"

#define SHORT_ID 12
#define HEX_ID 64
#define ID_MAX 256 /* bytes of a name: as long as a cgroup's can be */

bool text_is_hex_id(const char *id)
{
	return text_has(id) && strlen(id) == HEX_ID && strspn(id, "0123456789abcdef") == HEX_ID;
}

void text_short_id(struct line *line, const char *id)
{
	/* only whole ids are random: names of lxc, nspawn and the like are meant to be read */
	if (text_is_hex_id(id))
		line_put(line, id, SHORT_ID);
	else
		line_safe(line, id, ID_MAX);
}

static bool starts_with(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

static bool ends_with(const char *s, const char *suffix)
{
	size_t size = strlen(s), n = strlen(suffix);

	return size >= n && !strcmp(s + size - n, suffix);
}

/* The unit is the container itself, or what its runtime has for all of them. */
static bool unit_is_runtimes(const Ringside__V1__Container *c)
{
	const char *unit = c->systemd_unit;

	if (text_equal(c->runtime, "nspawn"))
		return starts_with(unit, "systemd-nspawn@");
	if (text_equal(c->runtime, "slurm"))
		return ends_with(unit, "slurmstepd.scope");
	return text_equal(c->runtime, "pbs") && starts_with(unit, "pbs") &&
	       ends_with(unit, ".service");
}

const char *text_id_rest(const Ringside__V1__Container *c, const char *text, size_t *ret_at)
{
	const char *id = text_has(c->id) ? c->id : c->podman_pod_id;
	char digits[SHORT_ID + 2] = ":";
	const char *at;

	*ret_at = 0;
	if (!text_is_hex_id(id))
		return "";
	memcpy(digits + 1, id, SHORT_ID);
	digits[SHORT_ID + 1] = 0;
	at = strstr(text, digits);
	if (!at || at[SHORT_ID + 1] == id[SHORT_ID])
		return "";
	*ret_at = (size_t)(at - text) + SHORT_ID + 1;
	return id + SHORT_ID;
}

/* Whoever has cgroups below a unit can name them: it is told with what is in it. */
static bool has_managers(const Ringside__V1__Container *c)
{
	return text_has(c->systemd_unit) && !unit_is_runtimes(c);
}

static void put_managers(struct line *line, const Ringside__V1__Container *c)
{
	if (!has_managers(c))
		return;
	line_safe(line, c->systemd_unit, ID_MAX);
	line_put(line, "/", 1);
	if (text_has(c->systemd_user_unit)) {
		line_safe(line, c->systemd_user_unit, ID_MAX);
		line_put(line, "/", 1);
	}
}

/* Only the machine's own runtimes are known to take random ids: another may have been chosen to
 * begin as the id of somebody else does. */
static void put_random(struct line *line, const Ringside__V1__Container *c, const char *id)
{
	if (has_managers(c))
		line_safe(line, id, ID_MAX);
	else
		text_short_id(line, id);
}

static void put_runtime_id(struct line *line, const Ringside__V1__Container *c)
{
	if (text_has(c->runtime))
		line_safe(line, c->runtime, TEXT_NAME_MAX);
	else
		line_text(line, "container");
	line_put(line, ":", 1);
	put_random(line, c, c->id);
}

static void put_id(struct line *line, const Ringside__V1__Container *c)
{
	const char *digits;
	size_t n;

	if (!text_is_home(c)) {
		text_away(line, c);
		return;
	}
	put_managers(line, c);
	put_runtime_id(line, c);
	n = text_libvirt_number(c, &digits);
	if (n) {
		line_put(line, "#", 1);
		line_put(line, digits, n);
	}
}

/* Kubernetes' own words; whoever has a unit may have called what is below it after any pod. */
static void pod_names(struct line *line, const Ringside__V1__Container *c)
{
	put_managers(line, c);
	if (text_has(c->namespace_name))
		line_safe(line, c->namespace_name, TEXT_NAME_MAX);
	else
		line_text(line, "?");
	line_put(line, "/", 1);
	line_safe(line, c->pod_name, TEXT_NAME_MAX * 2);
	if (!text_has(c->container_name) && !text_has(c->id))
		return;
	line_put(line, "/", 1);
	if (text_has(c->container_name))
		line_safe(line, c->container_name, TEXT_NAME_MAX);
	else
		put_runtime_id(line, c);
}

static void put_group(struct line *line, const Ringside__V1__Container *c)
{
	if (!text_is_home(c)) {
		text_away(line, c);
		return;
	}
	put_managers(line, c);
	if (text_has(c->pod_uid)) {
		line_text(line, "pod:");
		line_safe(line, c->pod_uid, TEXT_NAME_MAX);
	} else if (text_has(c->ecs_task_id)) {
		line_text(line, "ecs-task:");
		line_safe(line, c->ecs_task_id, TEXT_NAME_MAX);
	} else {
		line_text(line, "podman-pod:");
		put_random(line, c, c->podman_pod_id);
	}
}

/* What is behind "/@unit" in @path, NULL if that is not in it. systemd may put _ in front. */
static const char *behind_unit(const char *path, const char *unit)
{
	size_t size = strlen(unit);

	for (const char *p = strstr(path, unit); p; p = strstr(p + 1, unit)) {
		bool begins = p > path &&
			      (p[-1] == '/' || (p[-1] == '_' && p > path + 1 && p[-2] == '/'));

		if (begins && (!p[size] || p[size] == '/'))
			return p + size;
	}
	return NULL;
}

static void put_unit(struct line *line, const Ringside__V1__Container *c)
{
	const char *rest =
		text_has(c->cgroup_path) ? behind_unit(c->cgroup_path, c->systemd_unit) : NULL;

	/* what looks like a container in it is none */
	if (text_has(rest) && !text_has(c->nested) && strchr(rest, ':')) {
		text_path(line, c->cgroup_path);
		return;
	}
	line_safe(line, c->systemd_unit, ID_MAX);
	if (text_has(c->systemd_user_unit)) {
		line_put(line, "/", 1);
		line_safe(line, c->systemd_user_unit, ID_MAX);
		rest = rest ? behind_unit(rest, c->systemd_user_unit) : NULL;
	}
	/* jobs of a service that nobody has heard of have cgroups of their own below it */
	if (text_has(rest) && !text_has(c->nested))
		text_path(line, rest);
}

/* Returns false if nothing was put, or all. */
static bool put_outermost(struct line *line, const Ringside__V1__Container *c)
{
	if (text_has(c->pod_name))
		pod_names(line, c);
	else if (text_has(c->id))
		put_id(line, c);
	else if (text_has(c->pod_uid) || text_has(c->ecs_task_id) || text_has(c->podman_pod_id))
		put_group(line, c);
	else if (text_has(c->systemd_unit))
		put_unit(line, c);
	else
		return false;
	return true;
}

void text_container(struct line *line, const Ringside__V1__Container *c)
{
	if (c && put_outermost(line, c)) {
		if (text_has(c->nested))
			text_nested(line, c);
	} else if (c && text_has(c->cgroup_path) && strcmp(c->cgroup_path, "/") != 0) {
		text_path(line, c->cgroup_path);
	} else {
		line_text(line, "host");
	}
}

/* Both absent, or the same. */
static bool are_alike(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

bool text_same_container(const Ringside__V1__Container *a, const Ringside__V1__Container *b)
{
	return are_alike(a->id, b->id) && are_alike(a->pod_uid, b->pod_uid) &&
	       are_alike(a->systemd_unit, b->systemd_unit) &&
	       are_alike(a->systemd_user_unit, b->systemd_user_unit) &&
	       are_alike(a->nested, b->nested);
}

bool text_in_container(const Ringside__V1__Container *c)
{
	static const char *const batch[] = {"slurm", "pbs", "htcondor", "nomad", "yarn"};

	if (!c || (!text_has(c->id) && !text_has(c->pod_uid)))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(batch); i++)
		if (text_equal(c->runtime, batch[i]))
			return false;
	return true;
}
