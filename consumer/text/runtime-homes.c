/* SPDX-License-Identifier: Apache-2.0 */
/* Where runtimes put their cgroups: only there is a container's name enough to tell it from all
 * others. Elsewhere somebody else may have made a cgroup of the same name. */
#include <stdio.h>
#include <string.h>

#include "consumer/text/phrases.h"
#include "proto/base/util.h"
#include "proto/record/container.h"

#define ESCAPED_MAX (4 * CONTAINER_ID_SIZE)

/* Of runtimes whose containers people name: one place each, so that two others print apart. */
struct home {
	const char *runtime, *before, *after;
	bool unit; /* systemd lets no two units of one name be, in whatever slices */
};

static const struct home homes[] = {
	{"lxc", "lxc/", "", false},
	{"nspawn", "machine-", ".scope", true},
	{"nspawn", "systemd-nspawn@", ".service", true},
	{"slurm", "slurmstepd.scope/job_", "", true},
	{"pbs", "pbs_jobs.service/jobs/", "", true},
	{"htcondor", "htcondor/condor_", "", false},
	{"firecracker", "firecracker/", "", false},
};

static bool is_word(const char *element, size_t size, const char *word)
{
	return text_has(word) && strlen(word) == size && !memcmp(element, word, size);
}

/* It stands in the text in front of the container. */
static bool is_told(const Ringside__V1__Container *c, const char *element, size_t size)
{
	if (size && *element == '_') {
		element++;
		size--;
	}
	return is_word(element, size, c->systemd_unit) ||
	       is_word(element, size, c->systemd_user_unit);
}

/* The machine's own slices, and the folders of runtimes whose ids are random. */
static bool is_usual(const char *element, size_t size)
{
	static const char *const usual[] = {
		"docker", "buildkit", "k8s.io", "default",     "mesos",
		"garden", "good",     "bad",    "hadoop-yarn", "libpod_parent",
	};

	if (size >= 6 && !memcmp(element + size - 6, ".slice", 6))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		if (is_word(element, size, usual[i]))
			return true;
	return false;
}

/* What is below these is all the kubelet's, or the ECS agent's. */
static bool is_all_usual(const char *element, size_t size)
{
	return is_word(element, size, "kubepods") || is_word(element, size, "ecs");
}

static bool all_usual(const Ringside__V1__Container *c, const char *path, const char *end)
{
	while (path < end) {
		size_t size = strcspn(path, "/");

		if (is_all_usual(path, size))
			return true;
		/* without systemd, podman has the containers of a pod below its id */
		if (size && !is_usual(path, size) && !is_told(c, path, size) &&
		    !is_word(path, size, c->podman_pod_id))
			return false;
		path += size + 1;
	}
	return true;
}

/* The folders in front are told, or say nothing. */
static bool is_front(const Ringside__V1__Container *c, bool unit, const char *path, const char *end)
{
	const char *last = end;

	if (unit)
		return all_usual(c, path, end);
	if (end - path <= 1)
		return true;
	for (last--; last > path && last[-1] != '/';)
		last--;
	return is_told(c, last, (size_t)(end - last - 1)) && all_usual(c, path, end);
}

static bool is_at(const Ringside__V1__Container *c, const struct home *home)
{
	char buf[ESCAPED_MAX + LINE_MIN];
	struct line line = line_make(buf, sizeof(buf));
	const char *path = c->cgroup_path;

	line_text(&line, "/");
	line_text(&line, home->before);
	if (home->unit)
		line_unit(&line, c->id, strlen(c->id), true);
	else
		line_text(&line, c->id);
	line_text(&line, home->after);
	const size_t size = line_end(&line);
	const char *p = strstr(path, buf);

	return p && (!p[size] || p[size] == '/') && is_front(c, home->unit, path, p + 1);
}

static bool is_random(const Ringside__V1__Container *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(homes); i++)
		if (text_equal(c->runtime, homes[i].runtime))
			return false;
	return true;
}

/* "machine-lxc\x2d<number>\x2d<name>.scope": the number tells apart what libvirt named alike. */
size_t text_libvirt_number(const Ringside__V1__Container *c, const char **ret_digits)
{
	static const char prefix[] = "/machine-lxc\\x2d";
	const char *p = text_equal(c->runtime, "lxc") && text_has(c->cgroup_path)
				? strstr(c->cgroup_path, prefix)
				: NULL;
	char buf[ESCAPED_MAX + LINE_MIN];
	struct line line = line_make(buf, sizeof(buf));
	size_t digits;

	if (!p || !is_front(c, true, c->cgroup_path, p + 1))
		return 0;
	*ret_digits = p + sizeof(prefix) - 1;
	digits = strspn(*ret_digits, "0123456789");
	line_text(&line, "\\x2d");
	line_unit(&line, c->id, strlen(c->id), true);
	line_text(&line, ".scope");
	(void)line_end(&line);
	return strncmp(*ret_digits + digits, buf, strlen(buf)) == 0 ? digits : 0;
}

/* Nobody else has made the folders in front of the element that @word is in. */
static bool usual_until(const Ringside__V1__Container *c, const char *word)
{
	const char *path = c->cgroup_path, *at = strstr(path, word), *end = at;

	while (end && end > path && end[-1] != '/')
		end--;
	return !at || all_usual(c, path, end);
}

static bool named_is_home(const Ringside__V1__Container *c)
{
	const char *digits;

	if (text_libvirt_number(c, &digits))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(homes); i++)
		if (text_equal(c->runtime, homes[i].runtime) && is_at(c, &homes[i]))
			return !strchr(c->id, '#'); /* libvirt's number stands behind one */
	return false;
}

bool text_is_home(const Ringside__V1__Container *c)
{
	if (!text_has(c->cgroup_path))
		return true;
	if (!text_has(c->id))
		return usual_until(c, text_has(c->podman_pod_id) ? c->podman_pod_id
				      : text_has(c->ecs_task_id) ? "ecs"
								 : "kubepods");
	return is_random(c) ? usual_until(c, c->id) : named_is_home(c);
}

/* Behind the element of the outermost container; NULL: it is in none. */
static const char *end_of_container(const char *path)
{
	struct container parsed;

	container_parse(&parsed, path, strlen(path));
	for (unsigned i = 0; i < parsed.depth; i++) {
		path += strspn(path, "/");
		path += strcspn(path, "/");
	}
	return parsed.depth ? path : NULL;
}

void text_away(struct line *line, const Ringside__V1__Container *c)
{
	const char *end = end_of_container(c->cgroup_path);
	size_t size = end ? (size_t)(end - c->cgroup_path) : strlen(c->cgroup_path);
	char path[TEXT_PATH_MAX];

	(void)snprintf(path, sizeof(path), "%.*s", (int)size, c->cgroup_path);
	text_path(line, path);
}

void text_nested(struct line *line, const Ringside__V1__Container *c)
{
	const char *rest = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(homes) && text_has(c->cgroup_path); i++)
		if (text_equal(c->nested_runtime, homes[i].runtime))
			rest = end_of_container(c->cgroup_path);
	if (text_has(rest)) {
		text_path(line, rest);
		return;
	}
	line_put(line, "/", 1);
	line_safe(line, c->nested, CONTAINER_NESTED_SIZE); /* ids whole: somebody chose them */
}
