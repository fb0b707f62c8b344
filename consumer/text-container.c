/* SPDX-License-Identifier: Apache-2.0 */
/* Whose it is, in few words: never the same for two containers, units or jobs of one machine. */
#include <string.h>

#include "text-part.h"
#include "util.h"

#define SHORT_ID 12
#define HEX_ID 64
#define PATH_SHOWN 160
#define PATH_HEAD 60
#define ID_MAX 256 /* bytes of a name: as long as a cgroup's can be */

void text_path(struct line *line, const char *path)
{
	size_t size = strlen(path), head = PATH_HEAD;
	const char *tail;

	if (size <= PATH_SHOWN) {
		line_safe(line, path, PATH_SHOWN);
		return;
	}
	while (head && path[head - 1] != '/')
		head--;
	tail = strchr(path + size - (PATH_SHOWN - PATH_HEAD), '/');
	line_safe(line, path, head); /* marks the cut */
	line_safe(line, tail ? tail : path + size - (PATH_SHOWN - PATH_HEAD), PATH_SHOWN);
}

static bool is_hex_id(const char *id, size_t size)
{
	return size == HEX_ID && strspn(id, "0123456789abcdef") >= size;
}

void text_short_id(struct line *line, const char *id)
{
	/* only whole ids are random: names of lxc, nspawn and the like are meant to be read */
	if (is_hex_id(id, strlen(id)))
		line_put(line, id, SHORT_ID);
	else
		line_safe(line, id, ID_MAX);
}

/* "pod:<uid>/containerd:<id>/x.service", with its ids cut short. */
static void put_nested(struct line *line, const char *nested)
{
	while (*nested) {
		size_t size = strcspn(nested, "/");
		const char *colon = memchr(nested, ':', size);
		size_t before = colon ? (size_t)(colon + 1 - nested) : 0;
		char element[2 * ID_MAX];

		if (is_hex_id(nested + before, size - before))
			size = before + SHORT_ID;
		if (size >= sizeof(element))
			size = sizeof(element) - 1;
		memcpy(element, nested, size);
		element[size] = 0;
		line_safe(line, element, size);
		nested += strcspn(nested, "/");
		nested += *nested == '/';
		if (*nested)
			line_put(line, "/", 1);
	}
}

static void pod_names(struct line *line, const Ringside__V1__Container *c)
{
	if (text_has(c->namespace_name)) {
		line_safe(line, c->namespace_name, TEXT_NAME_MAX);
		line_put(line, "/", 1);
	}
	line_safe(line, c->pod_name, TEXT_NAME_MAX * 2);
	if (!text_has(c->container_name) && !text_has(c->id))
		return;
	line_put(line, "/", 1);
	if (text_has(c->container_name))
		line_safe(line, c->container_name, TEXT_NAME_MAX);
	else
		text_short_id(line, c->id);
}

static bool starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

static bool ends(const char *s, const char *suffix)
{
	size_t size = strlen(s), n = strlen(suffix);

	return size >= n && !strcmp(s + size - n, suffix);
}

/* The unit is the container itself, or what its runtime has for all of them. */
static bool unit_is_runtimes(const Ringside__V1__Container *c)
{
	const char *unit = c->systemd_unit;

	if (text_equal(c->runtime, "nspawn"))
		return starts(unit, "systemd-nspawn@");
	if (text_equal(c->runtime, "slurm"))
		return ends(unit, "slurmstepd.scope");
	return text_equal(c->runtime, "pbs") && starts(unit, "pbs") && ends(unit, ".service");
}

/* Whoever has cgroups below a unit can name them: it is told with what is in it. */
static void put_managers(struct line *line, const Ringside__V1__Container *c)
{
	if (!text_has(c->systemd_unit) || unit_is_runtimes(c))
		return;
	line_safe(line, c->systemd_unit, ID_MAX);
	line_put(line, "/", 1);
	if (text_has(c->systemd_user_unit)) {
		line_safe(line, c->systemd_user_unit, ID_MAX);
		line_put(line, "/", 1);
	}
}

/* libvirt's number of the machine: it leaves out characters of the name, so two may share that. */
static void put_libvirt_number(struct line *line, const char *path)
{
	static const char prefix[] = "/machine-lxc\\x2d";
	const char *p = path ? strstr(path, prefix) : NULL;
	size_t digits = p ? strspn(p + sizeof(prefix) - 1, "0123456789") : 0;

	if (!digits || !starts(p + sizeof(prefix) - 1 + digits, "\\x2d"))
		return;
	line_put(line, "#", 1);
	line_put(line, p + sizeof(prefix) - 1, digits);
}

static void put_id(struct line *line, const Ringside__V1__Container *c)
{
	put_managers(line, c);
	if (text_has(c->runtime))
		line_safe(line, c->runtime, TEXT_NAME_MAX);
	else
		line_text(line, "container");
	line_put(line, ":", 1);
	text_short_id(line, c->id);
	if (text_equal(c->runtime, "lxc"))
		put_libvirt_number(line, c->cgroup_path);
}

static void put_group(struct line *line, const Ringside__V1__Container *c)
{
	put_managers(line, c);
	if (text_has(c->pod_uid)) {
		line_text(line, "pod:");
		line_safe(line, c->pod_uid, TEXT_NAME_MAX);
	} else if (text_has(c->ecs_task_id)) {
		line_text(line, "ecs-task:");
		line_safe(line, c->ecs_task_id, TEXT_NAME_MAX);
	} else {
		line_text(line, "podman-pod:");
		text_short_id(line, c->podman_pod_id);
	}
}

/* What is behind "/@unit" in @path, NULL if that is not in it. systemd may put _ in front. */
static const char *behind(const char *path, const char *unit)
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
		text_has(c->cgroup_path) ? behind(c->cgroup_path, c->systemd_unit) : NULL;

	line_safe(line, c->systemd_unit, ID_MAX);
	if (text_has(c->systemd_user_unit)) {
		line_put(line, "/", 1);
		line_safe(line, c->systemd_user_unit, ID_MAX);
		rest = rest ? behind(rest, c->systemd_user_unit) : NULL;
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
		if (!text_has(c->nested))
			return;
		line_put(line, "/", 1);
		put_nested(line, c->nested);
	} else if (c && text_has(c->cgroup_path) && strcmp(c->cgroup_path, "/") != 0) {
		text_path(line, c->cgroup_path);
	} else {
		line_text(line, "host");
	}
}

/* Both absent, or the same. */
static bool alike(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

bool text_same_container(const Ringside__V1__Container *a, const Ringside__V1__Container *b)
{
	return alike(a->id, b->id) && alike(a->pod_uid, b->pod_uid) &&
	       alike(a->systemd_unit, b->systemd_unit) &&
	       alike(a->systemd_user_unit, b->systemd_user_unit) && alike(a->nested, b->nested);
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
