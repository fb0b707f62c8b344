/* SPDX-License-Identifier: Apache-2.0 */
/* One walk over the path's elements, from the root. An element is a pod, a container (by the
 * table), a slice, a unit, or nothing special; what it is may depend on what it is in. */
#include "container.h"

#include <stdbool.h>
#include <string.h>

#include "ringside-fields.h"
#include "util.h"

struct span {
	const char *p;
	size_t size;
};

#define SPAN(literal) ((struct span){(literal), sizeof(literal) - 1})

struct walk {
	struct container *container;
	struct span parent; /* the element before */
	bool in_kubepods;   /* the element before is kubepods or one of its QoS classes */
	bool in_pod;        /* the element before is a Kubernetes pod */
	bool in_ecs;        /* somewhere below the ECS agent's cgroup, in no container yet */
	bool in_task;       /* in an ECS task, in no container yet */
	bool in_container;  /* the element before is a container */
};

static bool equal(struct span s, struct span other)
{
	return s.size == other.size && !memcmp(s.p, other.p, s.size);
}

static bool cut_start(struct span *s, struct span prefix)
{
	if (s->size < prefix.size || memcmp(s->p, prefix.p, prefix.size))
		return false;
	s->p += prefix.size;
	s->size -= prefix.size;
	return true;
}

static bool cut_end(struct span *s, struct span suffix)
{
	if (s->size < suffix.size || memcmp(s->p + s->size - suffix.size, suffix.p, suffix.size))
		return false;
	s->size -= suffix.size;
	return true;
}

static bool is_lower_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static bool is_digit_or_lower(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
}

static bool all(struct span s, bool (*is)(char))
{
	for (size_t i = 0; i < s.size; i++)
		if (!is(s.p[i]))
			return false;
	return true;
}

/* Docker, containerd, CRI-O and podman: 32 random bytes */
static bool is_hex64(struct span s)
{
	return s.size == 64 && all(s, is_lower_hex);
}

/* BuildKit's steps: 25 digits to the base of 36 */
static bool is_build(struct span s)
{
	return s.size == 25 && all(s, is_digit_or_lower);
}

static bool is_uuid(struct span s)
{
	if (s.size != 36)
		return false;
	for (size_t i = 0; i < s.size; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? s.p[i] != '-' : !is_lower_hex(s.p[i]))
			return false;
	}
	return true;
}

/* A task of ECS: 32 hex digits, in older agents a UUID */
static bool is_task(struct span s)
{
	return is_uuid(s) || (s.size == 32 && all(s, is_lower_hex));
}

/* A container of ECS: Docker's id, or on Fargate <task>-<number> */
static bool is_ecs_id(struct span s)
{
	struct span task = {s.p, 32};

	if (is_hex64(s))
		return true;
	if (s.size < 34 || s.size > 52 || s.p[32] != '-' || !is_task(task))
		return false;
	for (size_t i = 33; i < s.size; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return true;
}

static bool is_name(struct span s)
{
	return s.size > 0 && s.size < CONTAINER_ID_SIZE;
}

/* What a container's cgroup is called. The first row that fits decides. */
struct shape {
	struct span parent; /* element it is in; empty: any */
	struct span prefix, suffix;
	bool (*is_id)(struct span);
	const char *runtime; /* "": a container, nobody knows whose; NULL: not a container */
};

#define ANY SPAN("")

static const struct shape shapes[] = {
	{ANY, SPAN("docker-"), SPAN(".scope"), is_hex64, "docker"},
	{ANY, SPAN("docker-"), SPAN(".scope"), is_build, "buildkit"},
	{SPAN("docker"), ANY, ANY, is_hex64, "docker"},
	{SPAN("docker"), ANY, ANY, is_build, "buildkit"},
	{SPAN("buildkit"), ANY, ANY, is_build, "buildkit"},
	{ANY, SPAN("cri-containerd-"), SPAN(".scope"), is_hex64, "containerd"},
	{ANY, SPAN("nerdctl-"), SPAN(".scope"), is_hex64, "containerd"},
	{SPAN("k8s.io"), ANY, ANY, is_hex64, "containerd"},
	{SPAN("default"), ANY, ANY, is_hex64, "containerd"},
	{ANY, SPAN("crio-"), SPAN(".scope"), is_hex64, "crio"},
	{ANY, SPAN("crio-"), ANY, is_hex64, "crio"},
	{ANY, SPAN("libpod-"), SPAN(".scope"), is_hex64, "podman"},
	{ANY, SPAN("libpod-"), ANY, is_hex64, "podman"},
	{ANY, SPAN("libpod-payload-"), ANY, is_hex64, "podman"}, /* --cgroups=split, quadlets */
	{ANY, SPAN("kata_"), ANY, is_hex64, "kata"},
	{ANY, SPAN("lxc.payload."), ANY, is_name, "lxc"},
	{SPAN("lxc.payload"), ANY, ANY, is_name, "lxc"},
	{SPAN("lxc"), ANY, ANY, is_name, "lxc"},
	{ANY, SPAN("machine-lxc\\x2d"), SPAN(".scope"), is_name, "lxc"}, /* libvirt */
	{ANY, SPAN("machine-qemu\\x2d"), SPAN(".scope"), is_name, NULL}, /* libvirt, a VM */
	{ANY, SPAN("machine-"), SPAN(".scope"), is_name, "nspawn"},
	{ANY, SPAN("systemd-nspawn@"), SPAN(".service"), is_name, "nspawn"},
	{ANY, ANY, ANY, is_hex64, ""},
};

static void set_text(char *to, size_t room, struct span s)
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

/* systemd's \xNN, where it stands for a printable ASCII character; any other stays as it is, so
 * that the id remains valid UTF-8. */
static void set_unescaped(char *to, size_t room, struct span s)
{
	char *end = to + room - 1;

	for (size_t i = 0; i < s.size && to < end; i++) {
		int high = -1, low = -1;

		if (s.size - i >= 4 && s.p[i] == '\\' && s.p[i + 1] == 'x') {
			high = hex_digit(s.p[i + 2]);
			low = hex_digit(s.p[i + 3]);
		}
		if (high >= 2 && high < 8 && low >= 0 && high * 16 + low != 0x7f) {
			*to++ = (char)(high * 16 + low);
			i += 3;
		} else {
			*to++ = s.p[i];
		}
	}
	*to = 0;
}

static void leave_container(struct walk *walk)
{
	walk->container->id[0] = 0;
	walk->container->runtime = NULL;
}

/* A runtime's machines are named by people, and systemd escapes that; others use hex digits. */
static bool is_escaped(const struct shape *shape)
{
	return shape->is_id == is_name;
}

static bool enter_container(struct walk *walk, struct span element)
{
	struct container *container = walk->container;

	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		const struct shape *shape = &shapes[i];
		struct span id = element;

		if (shape->parent.size && !equal(walk->parent, shape->parent))
			continue;
		if (!cut_start(&id, shape->prefix) || !cut_end(&id, shape->suffix) ||
		    !shape->is_id(id))
			continue;
		if (!shape->runtime)
			return false;
		if (is_escaped(shape))
			set_unescaped(container->id, sizeof(container->id), id);
		else
			set_text(container->id, sizeof(container->id), id);
		container->runtime = *shape->runtime ? shape->runtime : NULL;
		if (walk->in_task)
			container->runtime = "ecs";
		else if (!container->runtime && walk->in_pod)
			container->runtime = "containerd"; /* with the kubelet's cgroupfs driver */
		return true;
	}
	if (!walk->in_task || !is_ecs_id(element))
		return false;
	set_text(container->id, sizeof(container->id), element);
	container->runtime = "ecs";
	return true;
}

/* kubepods-burstable-pod<uid>.slice, also with the kubelet's --cgroup-root in front. */
static bool is_kubepods_slice(struct span element, struct span *ret_uid)
{
	static const struct span kubepods = SPAN("kubepods");
	struct span s = element;

	*ret_uid = (struct span){};
	if (!cut_end(&s, SPAN(".slice")))
		return false;
	while (s.size >= kubepods.size) {
		if ((s.p == element.p || s.p[-1] == '-') && cut_start(&s, kubepods)) {
			if (!cut_start(&s, SPAN("-besteffort")))
				(void)cut_start(&s, SPAN("-burstable"));
			if (cut_start(&s, SPAN("-pod")))
				*ret_uid = s;
			return !s.size || ret_uid->size;
		}
		s.p++;
		s.size--;
	}
	return false;
}

static bool is_kubepods_folder(const struct walk *walk, struct span element)
{
	if (equal(element, SPAN("kubepods")))
		return true;
	return walk->in_kubepods &&
	       (equal(element, SPAN("besteffort")) || equal(element, SPAN("burstable")));
}

static bool is_uid_char(char c)
{
	return is_digit_or_lower(c) || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
}

static bool enter_pod(struct walk *walk, struct span uid)
{
	char *pod_uid = walk->container->pod_uid;

	if (!uid.size || uid.size >= CONTAINER_POD_UID_SIZE || !all(uid, is_uid_char))
		return false;
	leave_container(walk);
	set_text(pod_uid, CONTAINER_POD_UID_SIZE, uid);
	/* a slice's dashes stand for its parents, so the kubelet writes the uid's as _ */
	for (char *c = pod_uid; *c; c++)
		if (*c == '_')
			*c = '-';
	return true;
}

/* A group of containers that is no Kubernetes pod: a task of ECS, a pod of podman. */
static bool enter_group(struct walk *walk, struct span element)
{
	struct span s = element;

	if (cut_start(&s, SPAN("ecstasks-")) && cut_end(&s, SPAN(".slice")) && is_task(s)) {
		walk->in_task = true;
	} else if (walk->in_ecs && !walk->in_task && is_task(element)) {
		walk->in_task = true;
	} else if (!(equal(walk->parent, SPAN("libpod_parent")) && is_hex64(element))) {
		s = element;
		if (!cut_start(&s, SPAN("machine-libpod_pod_")) &&
		    !cut_start(&s, SPAN("user-libpod_pod_")))
			return false;
		if (!cut_end(&s, SPAN(".slice")) || !is_hex64(s))
			return false;
	}
	leave_container(walk);
	return true;
}

static bool is_unit(struct span element)
{
	static const struct span suffixes[] = {
		SPAN(".service"), SPAN(".scope"), SPAN(".mount"), SPAN(".socket"), SPAN(".swap"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		struct span stem = element;

		if (cut_end(&stem, suffixes[i]) && stem.size)
			return true;
	}
	return false;
}

/* systemd puts _ in front of a name that could be mistaken for a file of the kernel's */
static struct span unit_name(struct span element)
{
	(void)cut_start(&element, SPAN("_"));
	return element;
}

static void set_unit(struct walk *walk, struct span element)
{
	struct span name = unit_name(element);

	walk->container->unit = name.p;
	walk->container->unit_size = name.size;
}

static void set_slice(struct walk *walk, struct span element)
{
	struct span name = unit_name(element);

	walk->container->slice = name.p;
	walk->container->slice_size = name.size;
}

/* crun puts the processes of a container, and its limits once more, into this one below it */
static bool is_crun_subgroup(const struct walk *walk, struct span element)
{
	const char *runtime = walk->container->runtime;

	return walk->in_container && equal(element, SPAN("container")) && runtime &&
	       (!strcmp(runtime, "crio") || !strcmp(runtime, "podman"));
}

static unsigned enter(struct walk *walk, struct span element)
{
	struct span uid, stem = element;
	bool in_kubepods = walk->in_kubepods, is_slice = cut_end(&stem, SPAN(".slice"));

	if (is_kubepods_slice(element, &uid)) {
		if (enter_pod(walk, uid))
			return PB_LIMIT_LEVEL_POD;
		set_slice(walk, element);
		return PB_LIMIT_LEVEL_SLICE;
	}
	uid = element;
	if (in_kubepods && cut_start(&uid, SPAN("pod")) && enter_pod(walk, uid))
		return PB_LIMIT_LEVEL_POD;
	if (enter_group(walk, element))
		return PB_LIMIT_LEVEL_POD;
	if (enter_container(walk, element)) {
		walk->in_task = walk->in_ecs = false;
		stem = element;
		if (cut_end(&stem, SPAN(".service")))
			set_unit(walk, element);
		return PB_LIMIT_LEVEL_CONTAINER;
	}
	if (is_crun_subgroup(walk, element))
		return PB_LIMIT_LEVEL_CONTAINER;
	if (is_slice && stem.size) {
		set_slice(walk, element);
		return PB_LIMIT_LEVEL_SLICE;
	}
	if (is_unit(element)) {
		set_unit(walk, element);
		return PB_LIMIT_LEVEL_UNIT;
	}
	if (equal(element, SPAN("ecs")))
		walk->in_ecs = true;
	return is_kubepods_folder(walk, element) ? PB_LIMIT_LEVEL_SLICE : PB_LIMIT_LEVEL_CGROUP;
}

static void step(struct walk *walk, struct span element)
{
	struct container *container = walk->container;
	bool is_kubepods = is_kubepods_folder(walk, element);

	container->level = enter(walk, element);
	walk->in_kubepods = is_kubepods;
	walk->in_pod = container->level == PB_LIMIT_LEVEL_POD && container->pod_uid[0];
	walk->in_container = container->level == PB_LIMIT_LEVEL_CONTAINER;
	walk->parent = element;
}

/* "slice:prefix:name", what a runtime with the cgroupfs driver makes of a path meant for systemd
 * (slice/prefix-name.scope). Returns false if @element is not of this form. */
static bool step_colons(struct walk *walk, struct span element)
{
	const char *end = element.p + element.size;
	const char *first = memchr(element.p, ':', element.size);
	const char *second = first ? memchr(first + 1, ':', (size_t)(end - first - 1)) : NULL;
	char buf[CONTAINER_ID_SIZE];
	struct span scope = {.p = buf};

	if (!second || element.size + sizeof(".scope") > sizeof(buf))
		return false;
	scope.size = (size_t)(end - first - 1);
	memcpy(buf, first + 1, scope.size);
	buf[second - first - 1] = '-';
	memcpy(buf + scope.size, ".scope", 6);
	scope.size += 6;

	step(walk, (struct span){element.p, (size_t)(first - element.p)});
	if (enter_container(walk, scope)) {
		walk->in_task = walk->in_ecs = false;
		walk->in_container = true;
		walk->container->level = PB_LIMIT_LEVEL_CONTAINER;
	} else {
		walk->container->level = PB_LIMIT_LEVEL_CGROUP;
	}
	walk->in_pod = walk->in_kubepods = false;
	walk->parent = element;
	return true;
}

void container_parse(struct container *ret, const char *path, size_t size)
{
	struct walk walk = {.container = ret, .parent = ANY};
	const char *p = path, *end = path + size;

	*ret = (struct container){.level = PB_LIMIT_LEVEL_CGROUP};
	if (size == 1 && *path == '/')
		ret->level = PB_LIMIT_LEVEL_HOST;
	while (p < end) {
		const char *slash = memchr(p, '/', (size_t)(end - p));
		struct span element = {p, (size_t)((slash ? slash : end) - p)};

		if (element.size && !step_colons(&walk, element))
			step(&walk, element);
		p = slash ? slash + 1 : end;
	}
}
