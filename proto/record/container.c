/* SPDX-License-Identifier: Apache-2.0 */
/* One walk over the path's elements, from the root. An element is a pod, a container (by the
 * table), a slice, a unit, or nothing special; what it is may depend on what it is in. */
#include "proto/record/container.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/util.h"
#include "proto/record/container-shape.h"
#include "proto/record/container-unit.h"
#include "proto/record/name-slice.h"
#include "proto/ringside-fields.h"

/* Which elements are units of the systemd that the walk is in: slices first, then one unit. */
enum units {
	UNITS_SYSTEM,
	UNITS_USER, /* below a user's manager */
	UNITS_NONE, /* below a unit, or in what is not systemd's: whoever has it names what is there
		     */
};

struct walk {
	struct container *container;
	const char *path;
	struct container_name element; /* as it stands in the path */
	enum units units;
	bool in_user;     /* below a user's manager, of the machine itself */
	bool inside;      /* in a container: what comes is nested in it */
	bool gap;         /* elements were missing: nobody knows in what the rest is */
	bool gap_told;    /* it stands in nested */
	bool entered;     /* the element before is the container, or its payload's cgroup */
	bool in_kubepods; /* the element before is kubepods or one of its QoS classes */
	bool in_pod;      /* the element before is a Kubernetes pod */
	bool in_ecs;      /* somewhere below the ECS agent's cgroup, in no container yet */
	bool in_task;     /* in an ECS task, in no container yet */
	bool has_pod;     /* of the machine the walk is in */
};

/* Identity is settled: what comes can only be nested in it. */
static bool is_nested(const struct walk *walk)
{
	return walk->inside || walk->gap;
}

static void set_text(char *to, size_t room, struct container_name s)
{
	size_t n = s.size < room ? s.size : room - 1;

	memcpy(to, s.p, n);
	to[n] = 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* systemd's \xNN, where it stands for a printable ASCII character but "/"; any other stays as it
 * is, so that the id remains valid UTF-8 and one word. */
static void set_unescaped(char *to, size_t room, struct container_name s)
{
	char *end = to + room - 1;

	for (size_t i = 0; i < s.size && to < end; i++) {
		int high = -1, low = -1;

		if (s.size - i >= 4 && s.p[i] == '\\' && s.p[i + 1] == 'x') {
			high = hex_digit(s.p[i + 2]);
			low = hex_digit(s.p[i + 3]);
		}
		if (high >= 2 && high < 8 && low >= 0 && high * 16 + low != 0x7f &&
		    high * 16 + low != '/') {
			*to++ = (char)(high * 16 + low);
			i += 3;
		} else {
			*to++ = s.p[i];
		}
	}
	*to = 0;
}

/* One more of what is nested, the innermost last. Where there is no room the middle goes. */
static void add_nested(struct walk *walk, const char *what, const char *name, size_t name_size)
{
	char *nested = walk->container->nested;
	size_t size = strlen(nested), what_size = strlen(what);
	size_t more = what_size + name_size + sizeof("/" CONTAINER_GAP "/");

	if (more > CONTAINER_NESTED_SIZE / 2)
		return;
	if (size + more >= CONTAINER_NESTED_SIZE) {
		size = CONTAINER_NESTED_SIZE / 2 - sizeof("/" CONTAINER_GAP);
		while (size && nested[size] != '/')
			size--;
		memcpy(nested + size, "/" CONTAINER_GAP, sizeof("/" CONTAINER_GAP));
		size += sizeof("/" CONTAINER_GAP) - 1;
	} else if (walk->gap && !walk->gap_told) {
		if (size)
			nested[size++] = '/';
		memcpy(nested + size, CONTAINER_GAP, sizeof(CONTAINER_GAP));
		size += sizeof(CONTAINER_GAP) - 1;
	}
	walk->gap_told = walk->gap;
	if (size)
		nested[size++] = '/';
	memcpy(nested + size, what, what_size);
	memcpy(nested + size + what_size, name, name_size);
	nested[size + what_size + name_size] = 0;
}

static void set_id(struct walk *walk, const struct container_match *match)
{
	struct container *container = walk->container;
	char *to = is_nested(walk) ? container->nested_id : container->id;

	if (match->escaped)
		set_unescaped(to, CONTAINER_ID_SIZE, match->id);
	else
		set_text(to, CONTAINER_ID_SIZE, match->id);
}

static void set_runtime(struct walk *walk, const char *runtime)
{
	struct container *container = walk->container;
	char what[32];

	if (walk->in_task)
		runtime = "ecs";
	else if (!*runtime && walk->in_pod)
		runtime = "containerd"; /* with the kubelet's cgroupfs driver */
	if (!is_nested(walk)) {
		container->runtime = *runtime ? runtime : NULL;
	} else {
		container->nested_runtime = *runtime ? runtime : NULL;
		(void)snprintf(what, sizeof(what), "%s:", *runtime ? runtime : "container");
		add_nested(walk, what, container->nested_id, strlen(container->nested_id));
	}
}

/* What comes next is in a machine of its own, whose systemd may have units. */
static void go_inside(struct walk *walk)
{
	walk->units = UNITS_SYSTEM;
	walk->inside = true;
	walk->in_task = walk->in_ecs = walk->has_pod = false;
}

static struct container_name element_before(const struct walk *walk)
{
	return (struct container_name){walk->path, (size_t)(walk->element.p - walk->path)};
}

static bool enter_container(struct walk *walk, struct container_name element)
{
	struct container_match match;

	if (!container_shape(element_before(walk), element, walk->in_task, &match))
		return false;
	set_id(walk, &match);
	set_runtime(walk, match.runtime);
	return true;
}

static bool is_kubepods_folder(const struct walk *walk, struct container_name element)
{
	if (name_equal(element, SPAN("kubepods")))
		return true;
	return walk->in_kubepods &&
	       (name_equal(element, SPAN("besteffort")) || name_equal(element, SPAN("burstable")));
}

static bool is_uid_char(char c)
{
	return is_digit_or_lower(c) || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
}

/* A user's own Kubernetes is not the machine's: nobody but root makes pods of that. */
static bool enter_pod(struct walk *walk, struct container_name uid)
{
	struct container *container = walk->container;
	bool nested = is_nested(walk) || walk->has_pod || walk->in_user;
	char *pod_uid = nested ? container->nested_pod_uid : container->pod_uid;

	if (!uid.size || uid.size >= CONTAINER_POD_UID_SIZE || !name_all(uid, is_uid_char))
		return false;
	set_text(pod_uid, CONTAINER_POD_UID_SIZE, uid);
	/* a slice's dashes stand for its parents, so the kubelet writes the uid's as _ */
	for (char *c = pod_uid; *c; c++)
		if (*c == '_')
			*c = '-';
	if (nested)
		add_nested(walk, "pod:", pod_uid, strlen(pod_uid));
	walk->has_pod = true;
	return true;
}

static void set_group(struct walk *walk, char *to, const char *what, struct container_name id)
{
	if (is_nested(walk))
		add_nested(walk, what, id.p, id.size);
	else
		set_text(to, CONTAINER_HEX_SIZE, id);
}

/* machine-libpod_pod_<id>.slice: podman names it after the slice it is in. */
static bool is_podman_pod(const struct walk *walk, struct container_name element,
			  struct container_name *ret_id)
{
	struct container_name s = element;

	*ret_id = element;
	if (container_is_hex64(element))
		return container_is_in(element_before(walk), SPAN("libpod_parent"));
	if (!name_cut_end(&s, SPAN(".slice")) || s.size < 64)
		return false;
	*ret_id = (struct container_name){s.p + s.size - 64, 64};
	s.size -= 64;
	return container_is_hex64(*ret_id) && name_cut_end(&s, SPAN("libpod_pod_")) &&
	       (!s.size || s.p[s.size - 1] == '-');
}

/* A group of containers that is no Kubernetes pod: a task of ECS, a pod of podman. */
static bool enter_group(struct walk *walk, struct container_name element)
{
	struct container_name id = element;

	if (is_podman_pod(walk, element, &id)) {
		set_group(walk, walk->container->podman_pod_id, "podman-pod:", id);
		return true;
	}
	id = element;
	if (!(name_cut_start(&id, SPAN("ecstasks-")) && name_cut_end(&id, SPAN(".slice")) &&
	      container_is_task(id))) {
		id = element;
		if (!walk->in_ecs || walk->in_task || !container_is_task(id))
			return false;
	}
	walk->in_task = true;
	set_group(walk, walk->container->ecs_task_id, "ecs-task:", id);
	return true;
}

static void set_unit(struct walk *walk, struct container_name element)
{
	struct container *container = walk->container;
	struct container_name name = unit_unescape(element);
	bool user = walk->units == UNITS_USER, manager;

	if (is_nested(walk)) {
		uint32_t uid;

		manager =
			!user && (unit_is_user_manager(element, &uid) || unit_is_capsule(element));
		if (!user)
			container->nested_unit = name;
		add_nested(walk, "", name.p, name.size);
	} else if (user) {
		manager = false;
		container->user_unit = name;
	} else {
		container->unit = name;
		container->has_user_uid = unit_is_user_manager(element, &container->user_uid);
		manager = walk->in_user = container->has_user_uid || unit_is_capsule(element);
	}
	walk->units = manager ? UNITS_USER : UNITS_NONE;
}

static void set_slice(struct walk *walk, struct container_name element)
{
	struct container *container = walk->container;
	struct container_name name = unit_unescape(element);

	if (is_nested(walk))
		container->nested_slice = name;
	else if (walk->units == UNITS_USER)
		container->user_slice = name;
	else
		container->slice = name;
}

/* Where nspawn, LXC and crun put the container's own init, if it is not where the container is. */
static bool is_payload(const struct walk *walk, struct container_name element)
{
	return walk->entered &&
	       (name_equal(element, SPAN("payload")) || name_equal(element, SPAN("ns")) ||
		name_equal(element, SPAN("container")));
}

/* crun puts the processes of a container, and its limits once more, into this one below it */
static bool is_crun_subgroup(const struct walk *walk, struct container_name element)
{
	const struct container *container = walk->container;
	const char *runtime =
		container->nested_id[0] ? container->nested_runtime : container->runtime;

	return walk->entered && name_equal(element, SPAN("container")) && runtime &&
	       (!strcmp(runtime, "crio") || !strcmp(runtime, "podman"));
}

static unsigned enter_unit(struct walk *walk, struct container_name element)
{
	if (walk->units == UNITS_NONE)
		return PB_LIMIT_LEVEL_CGROUP;
	if (unit_has_suffix(element, SPAN(".slice"))) {
		set_slice(walk, element);
		return PB_LIMIT_LEVEL_SLICE;
	}
	if (!unit_is_unit(element))
		return PB_LIMIT_LEVEL_CGROUP;
	set_unit(walk, element);
	return PB_LIMIT_LEVEL_UNIT;
}

static unsigned enter_other(struct walk *walk, struct container_name element)
{
	unsigned level = enter_unit(walk, element);

	if (level != PB_LIMIT_LEVEL_CGROUP)
		return level;
	if (is_crun_subgroup(walk, element))
		level = PB_LIMIT_LEVEL_CONTAINER;
	else if (is_kubepods_folder(walk, element))
		level = PB_LIMIT_LEVEL_SLICE;
	if (!is_payload(walk, element))
		walk->units = UNITS_NONE;
	if (name_equal(element, SPAN("ecs")))
		walk->in_ecs = true;
	return level;
}

static unsigned enter_element(struct walk *walk, struct container_name element)
{
	struct container_name uid;

	if (unit_is_kubepods(element, &uid) && enter_pod(walk, uid))
		return PB_LIMIT_LEVEL_POD;
	uid = element;
	if (walk->in_kubepods && name_cut_start(&uid, SPAN("pod")) && enter_pod(walk, uid))
		return PB_LIMIT_LEVEL_POD;
	if (enter_group(walk, element))
		return PB_LIMIT_LEVEL_POD;
	if (enter_container(walk, element)) {
		if (walk->units != UNITS_NONE && unit_has_suffix(element, SPAN(".service")))
			set_unit(walk, element);
		go_inside(walk);
		return PB_LIMIT_LEVEL_CONTAINER;
	}
	return enter_other(walk, element);
}

static void take_element(struct walk *walk, struct container_name element)
{
	struct container *container = walk->container;
	bool is_kubepods = is_kubepods_folder(walk, element),
	     is_payloads = is_payload(walk, element);
	bool had_pod = walk->has_pod;

	container->level = enter_element(walk, element);
	walk->in_kubepods = is_kubepods;
	walk->in_pod = container->level == PB_LIMIT_LEVEL_POD && walk->has_pod && !had_pod;
	walk->entered = container->level == PB_LIMIT_LEVEL_CONTAINER || is_payloads;
}

/* "slice:prefix:name", what a runtime with the cgroupfs driver makes of a path meant for systemd
 * (slice/prefix-name.scope). Returns false if @element is not of this form. */
static bool step_colons(struct walk *walk, struct container_name element)
{
	const char *end = element.p + element.size;
	const char *first = memchr(element.p, ':', element.size);
	const char *second = first ? memchr(first + 1, ':', (size_t)(end - first - 1)) : NULL;
	char buf[CONTAINER_ID_SIZE];
	struct container_name scope = {.p = buf};

	if (!second || element.size + sizeof(".scope") > sizeof(buf))
		return false;
	scope.size = (size_t)(end - first - 1);
	memcpy(buf, first + 1, scope.size);
	buf[second - first - 1] = '-';
	memcpy(buf + scope.size, ".scope", 6);
	scope.size += 6;

	take_element(walk, (struct container_name){element.p, (size_t)(first - element.p)});
	walk->container->level = PB_LIMIT_LEVEL_CGROUP;
	walk->entered = enter_container(walk, scope);
	if (walk->entered) {
		go_inside(walk);
		walk->container->level = PB_LIMIT_LEVEL_CONTAINER;
	}
	walk->in_pod = walk->in_kubepods = false;
	return true;
}

/* What the rest is in is not known: it may be a container that stood where elements are missing. */
static void enter_gap(struct walk *walk)
{
	walk->container->level = PB_LIMIT_LEVEL_CGROUP;
	walk->gap = true;
	walk->gap_told = false;
	walk->units = UNITS_NONE;
	walk->in_kubepods = walk->in_pod = walk->in_ecs = walk->in_task = walk->entered = false;
}

/* Where it goes on behind what is left out of a path that no kernel has. */
static const char *find_inner(const char *path, size_t size)
{
	const char *end = path + size, *inner;

	if (size <= CONTAINER_PATH_MAX)
		return end;
	inner = memchr(end - CONTAINER_PATH_MAX / 2, '/', CONTAINER_PATH_MAX / 2);
	return inner ? inner : end;
}

void container_parse(struct container *ret, const char *path, size_t size)
{
	const char *inner = find_inner(path, size);
	const char *outer = size > CONTAINER_PATH_MAX ? path + CONTAINER_PATH_MAX / 2 : inner;
	struct walk walk = {.container = ret, .path = path};
	const char *p = path, *end = path + size;
	unsigned depth = 0;

	*ret = (struct container){.level = PB_LIMIT_LEVEL_CGROUP};
	if (size == 1 && *path == '/')
		ret->level = PB_LIMIT_LEVEL_HOST;
	if (!size || *path != '/')
		enter_gap(&walk);
	while (p < end) {
		const bool left_out = p < inner && p >= outer;
		const char *slash = left_out ? inner : memchr(p, '/', (size_t)(end - p));
		struct container_name element = {p, (size_t)((slash ? slash : end) - p)};

		walk.element = element;
		if (left_out || name_equal(element, SPAN(CONTAINER_GAP)))
			enter_gap(&walk);
		else if (element.size && !step_colons(&walk, element))
			take_element(&walk, element);
		depth += element.size > 0;
		if (ret->id[0] && !ret->depth)
			ret->depth = depth;
		p = slash && slash < end ? slash + 1 : end;
	}
}
