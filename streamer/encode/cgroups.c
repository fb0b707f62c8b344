/* SPDX-License-Identifier: Apache-2.0 */
/* The kubelet writes its folders while a container starts, so the first event of a cgroup may be
 * too early for its names: they are looked for again, a few times. */
#include "streamer/encode/cgroups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/util.h"
#include "proto/record/container.h"
#include "proto/record/name-slice.h"
#include "proto/record/pb.h"
#include "proto/ringside-fields.h"

#define ENTRIES 4096u
#define BYTES_MAX (2u << 20) /* about 500 bytes each */

#define NAMES_TRIES 4u
#define NAMES_RETRY_NANO 1000000000ull /* then 4 s, then 16 s */

/* A path, what is cut out of it once more, what is nested, the names, the numbers. */
#define ENCODED_MAX (PATH_SIZE * 3 + 4096)

int cgroups_init(struct cgroups *cgroups, const struct kubelet *kubelet)
{
	int r;

	*cgroups = (struct cgroups){.kubelet = *kubelet};
	kubelet_hold(&cgroups->kubelet);
	r = cache_init(&cgroups->cache, ENTRIES, BYTES_MAX);
	if (r >= 0)
		cgroups->scratch = malloc(sizeof(*cgroups->scratch) + ENCODED_MAX);
	if (cgroups->scratch)
		return 0;
	cgroups_done(cgroups);
	return r < 0 ? r : -ENOMEM;
}

void cgroups_done(struct cgroups *cgroups)
{
	kubelet_release(&cgroups->kubelet);
	cache_done(&cgroups->cache);
	free(cgroups->scratch);
	cgroups->scratch = NULL;
}

static struct cache_key key_of(struct wire_cgroup_key id)
{
	return (struct cache_key){.a = id.id, .b = id.hierarchy};
}

static void put_text(struct pb *pb, unsigned field, const char *text)
{
	if (text && *text)
		pb_string(pb, field, text);
}

static void put_name(struct pb *pb, unsigned field, struct container_name name)
{
	if (name.size)
		pb_bytes(pb, field, name.p, name.size);
}

static void put_nested(struct pb *pb, const struct container *container)
{
	put_text(pb, FIELD_CONTAINER_NESTED, container->nested);
	put_text(pb, FIELD_CONTAINER_NESTED_ID, container->nested_id);
	put_text(pb, FIELD_CONTAINER_NESTED_RUNTIME, container->nested_runtime);
	put_text(pb, FIELD_CONTAINER_NESTED_POD_UID, container->nested_pod_uid);
	put_name(pb, FIELD_CONTAINER_NESTED_UNIT, container->nested_unit);
	put_name(pb, FIELD_CONTAINER_NESTED_SLICE, container->nested_slice);
}

static void encode_container(struct cgroup *cgroup, struct wire_cgroup_key id, const char *path,
			     size_t path_size, const struct container *container,
			     const struct kubelet_names *names)
{
	struct pb pb = pb_make(cgroup->encoded + 1, ENCODED_MAX - 1);
	const uint8_t *end;

	put_text(&pb, FIELD_CONTAINER_ID, container->id);
	put_text(&pb, FIELD_CONTAINER_RUNTIME, container->runtime);
	put_text(&pb, FIELD_CONTAINER_POD_UID, container->pod_uid);
	pb_bytes(&pb, FIELD_CONTAINER_CGROUP_PATH, path, path_size);
	cgroup->path_size = (uint16_t)path_size;
	cgroup->path_offset = (uint16_t)(pb.p - cgroup->encoded - path_size);
	if (id.id)
		pb_uint(&pb, FIELD_CONTAINER_CGROUP_ID, id.id);
	pb_uint(&pb, FIELD_CONTAINER_HIERARCHY_ID, id.hierarchy);
	put_name(&pb, FIELD_CONTAINER_SYSTEMD_UNIT, container->unit);
	put_name(&pb, FIELD_CONTAINER_SYSTEMD_SLICE, container->slice);
	put_text(&pb, FIELD_CONTAINER_NAMESPACE_NAME, names->namespace_name);
	put_text(&pb, FIELD_CONTAINER_POD_NAME, names->pod_name);
	put_text(&pb, FIELD_CONTAINER_CONTAINER_NAME, names->container_name);
	if (cgroup->path_cut)
		pb_bool(&pb, FIELD_CONTAINER_PATH_TRUNCATED, true);
	put_name(&pb, FIELD_CONTAINER_SYSTEMD_USER_UNIT, container->user_unit);
	put_name(&pb, FIELD_CONTAINER_SYSTEMD_USER_SLICE, container->user_slice);
	if (container->has_user_uid)
		pb_uint(&pb, FIELD_CONTAINER_SYSTEMD_USER_UID, container->user_uid);
	put_text(&pb, FIELD_CONTAINER_PODMAN_POD_ID, container->podman_pod_id);
	put_text(&pb, FIELD_CONTAINER_ECS_TASK_ID, container->ecs_task_id);
	put_nested(&pb, container);

	/* the length goes in front, which may move all */
	end = pb.p;
	pb_close(&pb, cgroup->encoded + 1);
	cgroup->path_offset += (uint16_t)(pb.p - end);
	cgroup->size = (uint32_t)(pb.p - cgroup->encoded);
}

static uint64_t next_try(unsigned tries, uint64_t now)
{
	return tries < NAMES_TRIES ? now + (NAMES_RETRY_NANO << 2 * (tries - 1)) : UINT64_MAX;
}

/* Units that Kubernetes' containers may be in, if the kubelet and the runtime disagree about the
 * cgroup driver. What calls itself a pod below any other unit gets no pod's name. */
static bool is_kubelets_unit(struct container_name unit)
{
	static const char *const starts[] = {"containerd", "crio",    "docker.",        "k0s",
					     "k3s",        "kubelet", "snap.microk8s.", "rke2-"};

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		size_t size = strlen(starts[i]);

		if (unit.size >= size && !memcmp(unit.p, starts[i], size))
			return true;
	}
	return !unit.size;
}

/* In front of kubepods stand slices, the unit, or kubelet (kind's). Another folder is one that
 * somebody may have been handed, and who has one gives what is in it any name. */
static bool is_of_kubelet(struct container_name unit, const char *path, size_t size)
{
	const char *end = path + size, *next;

	for (const char *p = path; p < end; p = next + 1) {
		struct container_name element = {p, 0};

		next = memchr(p, '/', (size_t)(end - p));
		next = next ? next : end;
		element.size = (size_t)(next - p);
		if (memmem(p, element.size, "kubepods", strlen("kubepods")))
			return is_kubelets_unit(unit);
		if (element.size && !name_equal(element, SPAN("kubelet")) &&
		    !name_equal(element, unit) && !name_cut_end(&element, SPAN(".slice")))
			return false;
	}
	return false;
}

/* @path may be in the cgroup's old entry. */
static const struct cgroup *build_cgroup(struct cgroups *cgroups, struct wire_cgroup_key id,
					 const struct cgroup *old, const char *path,
					 size_t path_size, bool cut, uint64_t now)
{
	struct cgroup *cgroup = cgroups->scratch;
	struct kubelet_names names = {};
	struct container container;
	struct cache_key key = key_of(id);
	const struct cgroup *kept;

	*cgroup = (struct cgroup){.retry_at = UINT64_MAX, .path_cut = cut};
	container_parse(&container, path, path_size);
	cgroup->level = (uint8_t)container.level;
	cgroup->depth = (uint8_t)container.depth;
	cgroup->machine = container.runtime && (!strcmp(container.runtime, "nspawn") ||
						!strcmp(container.runtime, "lxc"));
	if (container.pod_uid[0] && is_of_kubelet(container.unit, path, path_size)) {
		kubelet_find(&cgroups->kubelet, container.id, container.pod_uid, &names);
		cgroup->tries = (uint8_t)(1 + (old ? old->tries : 0));
		if (!names.pod_name[0] || (container.id[0] && !names.container_name[0]))
			cgroup->retry_at = next_try(cgroup->tries, now);
	}
	encode_container(cgroup, id, path, path_size, &container, &names);
	if (!id.id)
		return cgroup;
	kept = cache_put(&cgroups->cache, &key, cgroup, cgroup_bytes(cgroup));
	return kept ? kept : cgroup;
}

static const char *path_of(const struct cgroup *cgroup)
{
	return (const char *)cgroup->encoded + cgroup->path_offset;
}

const struct cgroup *cgroups_find(struct cgroups *cgroups, struct wire_cgroup_key id, uint64_t now)
{
	struct cache_key key = key_of(id);
	const struct cgroup *cgroup = cache_get(&cgroups->cache, &key);

	if (__builtin_expect(!cgroup || now < cgroup->retry_at, 1))
		return cgroup;
	return build_cgroup(cgroups, id, cgroup, path_of(cgroup), cgroup->path_size,
			    cgroup->path_cut, now);
}

const struct cgroup *cgroups_peek(const struct cgroups *cgroups, struct wire_cgroup_key id)
{
	struct cache_key key = key_of(id);

	return cache_peek(&cgroups->cache, &key);
}

int cgroups_walk(const struct cgroups *cgroups, cache_fn fn, void *data)
{
	return cache_walk(&cgroups->cache, fn, data);
}

bool cgroups_recall(struct cgroups *cgroups, const struct cache_key *key, const void *entry,
		    size_t size)
{
	struct cgroup *cgroup = cgroups->scratch;

	if (size < offsetof(struct cgroup, encoded) || size > sizeof(*cgroup) + ENCODED_MAX)
		return false;
	memcpy(cgroup, entry, size);
	return cgroup_bytes(cgroup) == size &&
	       (size_t)cgroup->path_offset + cgroup->path_size <= cgroup->size &&
	       cache_put(&cgroups->cache, key, cgroup, size);
}

const struct cgroup *cgroups_fill(struct cgroups *cgroups, struct wire_cgroup_key id,
				  const struct path *path, uint64_t now)
{
	const struct cgroup *old = id.id ? cgroups_find(cgroups, id, now) : NULL;

	/* OOM kills always bring their path: the same one again costs nothing */
	if (old && old->path_size == path->size && old->path_cut == path->cut &&
	    !memcmp(path_of(old), path->text, path->size))
		return old;
	return build_cgroup(cgroups, id, NULL, path->text, path->size, path->cut, now);
}
