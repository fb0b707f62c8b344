/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/record/container-shape.h"

#include "proto/base/util.h"
#include "proto/record/name-slice.h"

/* Docker, containerd, CRI-O and podman: 32 random bytes */
bool container_is_hex64(struct container_name s)
{
	return s.size == 64 && name_all(s, is_lower_hex);
}

/* BuildKit's steps: 25 digits to the base of 36 */
static bool is_build(struct container_name s)
{
	return s.size == 25 && name_all(s, is_digit_or_lower);
}

static bool is_uuid(struct container_name s)
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
bool container_is_task(struct container_name s)
{
	return is_uuid(s) || (s.size == 32 && name_all(s, is_lower_hex));
}

/* A container of ECS: Docker's id, or on Fargate <task>-<number> */
static bool is_ecs_id(struct container_name s)
{
	struct container_name task = {s.p, 32};

	if (container_is_hex64(s))
		return true;
	return s.size >= 34 && s.size <= 52 && s.p[32] == '-' && container_is_task(task) &&
	       name_all((struct container_name){s.p + 33, s.size - 33}, is_digit);
}

static bool is_name(struct container_name s)
{
	return s.size > 0 && s.size < CONTAINER_ID_SIZE;
}

bool container_is_digits(struct container_name s)
{
	return is_name(s) && name_all(s, is_digit);
}

/* A task of Nomad: <allocation's UUID>.<task> */
static bool is_nomad(struct container_name s)
{
	return s.size > 37 && s.p[36] == '.' && is_uuid((struct container_name){s.p, 36}) &&
	       is_name(s);
}

/* A container of Garden: a UUID, or one without its last digits (Diego's instances) */
static bool is_garden(struct container_name s)
{
	if (s.size < 27 || s.size > 45 || s.p[8] != '-')
		return false;
	for (size_t i = 0; i < s.size; i++)
		if (s.p[i] != '-' && !is_lower_hex(s.p[i]))
			return false;
	return true;
}

/* A container of YARN: container_<epoch, cluster, application, attempt, number> */
static bool is_yarn(struct container_name s)
{
	struct container_name number = s;

	if (!name_cut_start(&number, SPAN("container_")) || !is_name(s) || !number.size)
		return false;
	for (size_t i = 0; i < number.size; i++)
		if (number.p[i] != '_' && number.p[i] != 'e' && !is_digit(number.p[i]))
			return false;
	return true;
}

/* What a container's cgroup is called. The first row that fits decides. */
struct shape {
	struct container_name
		parent; /* elements it is in, each with a "*" at one end or none; empty: any */
	struct container_name prefix, suffix;
	bool (*is_id)(struct container_name);
	const char *runtime; /* "": a container, nobody knows whose; NULL: not a container */
};

static const struct shape shapes[] = {
	{ANY, SPAN("docker-"), SPAN(".scope"), container_is_hex64, "docker"},
	{ANY, SPAN("docker-"), SPAN(".scope"), is_build, "buildkit"},
	{SPAN("docker"), ANY, ANY, container_is_hex64, "docker"},
	{SPAN("docker"), ANY, ANY, is_build, "buildkit"},
	{SPAN("buildkit"), ANY, ANY, is_build, "buildkit"},
	{ANY, SPAN("cri-containerd-"), SPAN(".scope"), container_is_hex64, "containerd"},
	{ANY, SPAN("nerdctl-"), SPAN(".scope"), container_is_hex64, "containerd"},
	{SPAN("k8s.io"), ANY, ANY, container_is_hex64, "containerd"},
	{SPAN("default"), ANY, ANY, container_is_hex64, "containerd"},
	{ANY, SPAN("crio-"), SPAN(".scope"), container_is_hex64, "crio"},
	{ANY, SPAN("crio-"), ANY, container_is_hex64, "crio"},
	{ANY, SPAN("libpod-"), SPAN(".scope"), container_is_hex64, "podman"},
	{ANY, SPAN("libpod-"), ANY, container_is_hex64, "podman"},
	{ANY, SPAN("libpod-payload-"), ANY, container_is_hex64,
	 "podman"}, /* --cgroups=split, quadlets */
	{ANY, SPAN("kata_"), ANY, container_is_hex64, "kata"},
	{ANY, SPAN("lxc.payload."), ANY, is_name, "lxc"},
	{SPAN("lxc.payload"), ANY, ANY, is_name, "lxc"},
	{SPAN("lxc"), ANY, ANY, is_name, "lxc"},
	{ANY, SPAN("machine-lxc\\x2d"), SPAN(".scope"), is_name, "lxc"}, /* libvirt */
	{ANY, SPAN("machine-qemu\\x2d"), SPAN(".scope"), is_name, NULL}, /* libvirt, a VM */
	{ANY, SPAN("machine-"), SPAN(".scope"), is_name, "nspawn"},
	{ANY, SPAN("systemd-nspawn@"), SPAN(".service"), is_name, "nspawn"},
	{SPAN("slurmstepd.scope"), SPAN("job_"), ANY, container_is_digits, "slurm"},
	{SPAN("*_slurmstepd.scope"), SPAN("job_"), ANY, container_is_digits,
	 "slurm"}, /* several on a node */
	{SPAN("slurm*/uid_*"), SPAN("job_"), ANY, container_is_digits, "slurm"}, /* cgroup v1 */
	{SPAN("pbs*.service/jobid"), ANY, ANY, is_name, "pbs"},
	{SPAN("pbs*.service/jobs"), ANY, ANY, is_name, "pbs"}, /* cgroup v2 */
	{SPAN("htcondor"), SPAN("condor_"), ANY, is_name, "htcondor"},
	{SPAN("nomad.slice"), ANY, SPAN(".scope"), is_nomad, "nomad"},
	{SPAN("nomad.slice/share.slice"), ANY, SPAN(".scope"), is_nomad, "nomad"},
	{SPAN("nomad.slice/reserve.slice"), ANY, SPAN(".scope"), is_nomad, "nomad"},
	{SPAN("hadoop-yarn"), ANY, ANY, is_yarn, "yarn"},
	{SPAN("mesos"), ANY, ANY, is_uuid, "mesos"},
	{SPAN("garden"), ANY, ANY, is_garden, "garden"},
	{SPAN("garden/good"), ANY, ANY, is_garden, "garden"}, /* by how much CPU it has used */
	{SPAN("garden/bad"), ANY, ANY, is_garden, "garden"},
	{SPAN("firecracker"), ANY, ANY, is_name, "firecracker"}, /* the jailer's */
	{ANY, ANY, ANY, container_is_hex64, ""},
};

/* libvirt puts a number into the name that is another after each start of the machine. */
static void cut_libvirt_number(const struct shape *shape, struct container_name *id)
{
	struct container_name s = *id;

	if (!name_equal(shape->prefix, SPAN("machine-lxc\\x2d")))
		return;
	while (s.size && is_digit(*s.p)) {
		s.p++;
		s.size--;
	}
	if (s.p > id->p && name_cut_start(&s, SPAN("\\x2d")) && s.size)
		*id = s;
}

/* @pattern is one element; a "*" in it stands for anything. */
static bool element_fits(struct container_name pattern, struct container_name element)
{
	const char *star = memchr(pattern.p, '*', pattern.size);
	size_t before = star ? (size_t)(star - pattern.p) : 0;

	if (!star)
		return name_equal(pattern, element);
	return name_cut_start(&element, (struct container_name){pattern.p, before}) &&
	       name_cut_end(&element, (struct container_name){star + 1, pattern.size - before - 1});
}

/* Takes the last element off @path. */
static struct container_name take_last(struct container_name *path)
{
	struct container_name last;

	while (path->size && path->p[path->size - 1] == '/')
		path->size--;
	last = (struct container_name){path->p + path->size, 0};
	while (path->size && path->p[path->size - 1] != '/') {
		path->size--;
		last.p--;
		last.size++;
	}
	return last;
}

/* The element is in elements as @pattern has them. */
bool container_is_in(struct container_name before, struct container_name pattern)
{
	while (pattern.size) {
		struct container_name want = take_last(&pattern);

		if (!element_fits(want, take_last(&before)))
			return false;
	}
	return true;
}

bool container_shape(struct container_name before, struct container_name element, bool in_task,
		     struct container_match *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		const struct shape *shape = &shapes[i];
		struct container_name id = element;

		if (!name_cut_start(&id, shape->prefix) || !name_cut_end(&id, shape->suffix) ||
		    !shape->is_id(id) || !container_is_in(before, shape->parent))
			continue;
		if (!shape->runtime)
			return false;
		cut_libvirt_number(shape, &id);
		/* machines are named by people, and systemd escapes that; others use hex digits */
		*ret = (struct container_match){id, shape->runtime, shape->is_id == is_name};
		return true;
	}
	*ret = (struct container_match){element, "ecs", false};
	return in_task && is_ecs_id(element);
}
