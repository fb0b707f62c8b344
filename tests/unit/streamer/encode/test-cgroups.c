/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "proto/base/util.h"
#include "proto/ringside.pb-c.h"
#include "streamer/encode/cgroups.h"
#include "tests/lib/test.h"

#define SECOND 1000000000ull
#define ID "123cd1db937c3c2d0d7772ef9b0a1c4b0b3dcfcb6b889452a90b2fcb43eae43a"
#define UID "6dc88073-2128-40d6-9dbc-0ba508da7fe8"
#define PATH "/kubepods/burstable/pod" UID "/" ID

static int init_cgroups(void **state)
{
	struct cgroups *cgroups = calloc(1, sizeof(*cgroups));

	assert_non_null(cgroups);
	*state = cgroups;
	return cgroups_init(cgroups, &(struct kubelet){});
}

static int done_cgroups(void **state)
{
	cgroups_done(*state);
	cgroups_done(*state);
	free(*state);
	return 0;
}

static const struct cgroup *fill(struct cgroups *cgroups, uint32_t hierarchy, uint64_t id,
				 const char *text, uint64_t now)
{
	static struct path path;

	path.text = text;
	path.size = strlen(text);
	path.cut = *text != '/';
	return cgroups_fill(cgroups, (struct wire_cgroup_key){.id = id, .hierarchy = hierarchy},
			    &path, now);
}

static Ringside__V1__Container *decode(const struct cgroup *cgroup)
{
	const uint8_t *p = cgroup->encoded;
	Ringside__V1__Container *container;
	size_t size = 0;
	unsigned n = 0;

	do
		size |= (size_t)(p[n] & 0x7f) << 7 * n;
	while (p[n++] & 0x80);
	assert_int_equal(size + n, cgroup->size);
	container = ringside__v1__container__unpack(NULL, size, p + n);
	assert_non_null(container);
	return container;
}

static void assert_path(const struct cgroup *cgroup, const char *want)
{
	Ringside__V1__Container *container;

	assert_non_null(cgroup);
	container = decode(cgroup);
	assert_string_equal(container->cgroup_path, want);
	ringside__v1__container__free_unpacked(container, NULL);
}

static void what_is_nested_has_fields_of_its_own(void **state)
{
	Ringside__V1__Container *c =
		decode(fill(*state, 0, 1, "/docker/" ID "/system.slice/ssh.service", 0));

	assert_string_equal(c->id, ID);
	assert_null(c->systemd_unit);
	assert_string_equal(c->nested, "ssh.service");
	assert_string_equal(c->nested_unit, "ssh.service");
	assert_string_equal(c->nested_slice, "system.slice");
	ringside__v1__container__free_unpacked(c, NULL);
	c = decode(fill(*state, 0, 2, "/docker/" ID PATH, 0));
	assert_string_equal(c->nested, "pod:" UID "/containerd:" ID);
	assert_string_equal(c->nested_id, ID);
	assert_string_equal(c->nested_runtime, "containerd");
	assert_string_equal(c->nested_pod_uid, UID);
	ringside__v1__container__free_unpacked(c, NULL);
}

static void a_users_manager_has_fields_of_its_own(void **state)
{
	Ringside__V1__Container *c = decode(
		fill(*state, 0, 1,
		     "/user.slice/user-1000.slice/user@1000.service/app.slice/a.service", 0));

	assert_string_equal(c->systemd_unit, "user@1000.service");
	assert_string_equal(c->systemd_slice, "user-1000.slice");
	assert_string_equal(c->systemd_user_unit, "a.service");
	assert_string_equal(c->systemd_user_slice, "app.slice");
	assert_true(c->has_systemd_user_uid && c->systemd_user_uid == 1000);
	ringside__v1__container__free_unpacked(c, NULL);
}

static void groups_of_containers_have_their_id(void **state)
{
	Ringside__V1__Container *c =
		decode(fill(*state, 0, 1, "/ecs/5a0d5ceddf6c44c1928d367a815d890f", 0));

	assert_string_equal(c->ecs_task_id, "5a0d5ceddf6c44c1928d367a815d890f");
	ringside__v1__container__free_unpacked(c, NULL);
	c = decode(fill(*state, 0, 2, "/foo.slice/foo-libpod_pod_" ID ".slice", 0));
	assert_string_equal(c->podman_pod_id, ID);
	ringside__v1__container__free_unpacked(c, NULL);
}

static void the_key_is_hierarchy_and_id(void **state)
{
	assert_path(fill(*state, 0, 1, "/a", 0), "/a");
	assert_path(fill(*state, 4, 1, "/b", 0), "/b");
	assert_path(cgroups_find(*state, (struct wire_cgroup_key){.id = 1}, 0), "/a");
	assert_path(cgroups_find(*state, (struct wire_cgroup_key){.id = 1, .hierarchy = 4}, 0),
		    "/b");
	assert_null(cgroups_find(*state, (struct wire_cgroup_key){.id = 1, .hierarchy = 5}, 0));
	assert_null(cgroups_find(*state, (struct wire_cgroup_key){.id = 2}, 0));
}

static void a_new_path_replaces_the_old_one(void **state)
{
	const struct cgroup *first = fill(*state, 0, 1, "/a", 0);

	assert_ptr_equal(fill(*state, 0, 1, "/a", 0), first);
	assert_path(fill(*state, 0, 1, "/a/longer/path", 0), "/a/longer/path");
	assert_path(cgroups_find(*state, (struct wire_cgroup_key){.id = 1}, 0), "/a/longer/path");
	assert_path(fill(*state, 0, 1, "a", 0), "a");
}

static void without_an_id_nothing_is_kept(void **state)
{
	assert_path(fill(*state, 0, 0, "/a", 0), "/a");
	assert_null(cgroups_find(*state, (struct wire_cgroup_key){.id = 0}, 0));
}

static void what_was_used_longest_ago_is_forgotten(void **state)
{
	const uint64_t room = 4096;
	char path[32];

	for (uint64_t id = 1; id <= room; id++) {
		(void)snprintf(path, sizeof(path), "/%u", (unsigned)id);
		assert_path(fill(*state, 0, id, path, 0), path);
	}
	assert_path(cgroups_find(*state, (struct wire_cgroup_key){.id = 1}, 0), "/1");
	/* looking at a row is not use */
	assert_path(cgroups_peek(*state, (struct wire_cgroup_key){.id = 2}), "/2");
	assert_path(fill(*state, 0, room + 1, "/new", 0), "/new");
	assert_null(cgroups_peek(*state, (struct wire_cgroup_key){.id = 2}));
	for (uint64_t id = 1; id <= room; id++) {
		(void)snprintf(path, sizeof(path), "/%u", (unsigned)id);
		if (id != 2)
			assert_path(cgroups_find(*state, (struct wire_cgroup_key){.id = id}, 0),
				    path);
	}
}

static void long_paths_are_bounded_by_their_bytes(void **state)
{
	struct cgroups *cgroups = *state;
	char path[4000];
	unsigned known = 0;

	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = 0;
	for (uint64_t id = 1; id <= 5000; id++)
		assert_non_null(fill(cgroups, 0, id, path, 0));
	for (uint64_t id = 1; id <= 5000; id++)
		known += cgroups_peek(cgroups, (struct wire_cgroup_key){.id = id}) != NULL;
	assert_in_range(known, 100, 1000);
	assert_non_null(cgroups_peek(cgroups, (struct wire_cgroup_key){.id = 5000}));
	assert_true(cgroups->cache.bytes <= cgroups->cache.max_bytes);
}

struct node {
	struct cgroups cgroups;
	char root[32], containers[64];
};

static int init_node(void **state)
{
	struct node *node = calloc(1, sizeof(*node));

	assert_non_null(node);
	(void)strcpy(node->root, "/tmp/test-cgroups-XXXXXX");
	assert_non_null(mkdtemp(node->root));
	(void)snprintf(node->containers, sizeof(node->containers), "%s/containers", node->root);
	*state = node;
	return cgroups_init(&node->cgroups, &(struct kubelet){.containers_dir = node->containers});
}

static int done_node(void **state)
{
	struct node *node = *state;
	char command[64];

	(void)snprintf(command, sizeof(command), "rm -r %s", node->root);
	assert_ok(system(command));
	cgroups_done(&node->cgroups);
	free(node);
	return 0;
}

static void start_container(struct node *node)
{
	char link[256];

	assert_ok(mkdir(node->containers, 0755));
	(void)snprintf(link, sizeof(link), "%s/web-7f9_shop_app-" ID ".log", node->containers);
	assert_ok(symlink("/nowhere", link));
}

static void assert_pod_name(const struct cgroup *cgroup, const char *want)
{
	Ringside__V1__Container *container = decode(cgroup);

	assert_string_equal(container->pod_uid, UID);
	assert_string_equal(container->cgroup_path, PATH);
	if (want) {
		assert_string_equal(container->namespace_name, "shop");
		assert_string_equal(container->pod_name, want);
		assert_string_equal(container->container_name, "app");
	} else {
		assert_null(container->pod_name);
	}
	ringside__v1__container__free_unpacked(container, NULL);
}

static void names_come_with_the_first_event(void **state)
{
	struct node *node = *state;

	start_container(node);
	assert_pod_name(fill(&node->cgroups, 0, 1, PATH, SECOND), "web-7f9");
	assert_true(
		cgroups_find(&node->cgroups, (struct wire_cgroup_key){.id = 1}, SECOND)->retry_at ==
		UINT64_MAX);
}

static void names_that_come_late_are_found(void **state)
{
	const struct wire_cgroup_key id = {.id = 1};
	struct node *node = *state;

	assert_pod_name(fill(&node->cgroups, 0, 1, PATH, SECOND), NULL);
	start_container(node);
	assert_pod_name(cgroups_find(&node->cgroups, id, 2 * SECOND - 1), NULL);
	assert_pod_name(cgroups_find(&node->cgroups, id, 2 * SECOND), "web-7f9");
	assert_true(cgroups_find(&node->cgroups, id, 2 * SECOND)->retry_at == UINT64_MAX);
}

static void a_unit_that_calls_itself_a_pod_gets_no_name(void **state)
{
	static const char *const paths[] = {
		"/system.slice/k3s.service" PATH, /* these are of Kubernetes */
		"/kubelet" PATH,
		"/kubelet.slice" PATH,
		"/system.slice/my.service" PATH,
		"/user.slice/user-1.slice/user@1.service/app.slice" PATH,
		"/docker/" ID PATH,
		"/handed" PATH, /* nor a folder that somebody was handed */
		"/handed/a.slice" PATH,
	};
	struct node *node = *state;

	start_container(node);
	for (unsigned i = 0; i < ARRAY_SIZE(paths); i++) {
		Ringside__V1__Container *c = decode(fill(&node->cgroups, 0, 1 + i, paths[i], 0));

		assert_int_equal(c->pod_name != NULL, i < 3);
		assert_int_equal(c->namespace_name != NULL, i < 3);
		ringside__v1__container__free_unpacked(c, NULL);
	}
}

static void names_that_never_come_are_given_up(void **state)
{
	const struct wire_cgroup_key id = {.id = 1};
	struct node *node = *state;
	unsigned looks = 0;
	uint64_t retry_at = fill(&node->cgroups, 0, 1, PATH, SECOND)->retry_at;

	for (uint64_t now = SECOND; now < 1000 * SECOND; now += SECOND / 2) {
		uint64_t next = cgroups_find(&node->cgroups, id, now)->retry_at;

		looks += next != retry_at;
		retry_at = next;
	}
	assert_int_equal(looks, 3);
	start_container(node);
	assert_pod_name(cgroups_find(&node->cgroups, id, 1000 * SECOND), NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, init_cgroups, done_cgroups)
#define NODE_TEST(name) cmocka_unit_test_setup_teardown(name, init_node, done_node)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_nested_has_fields_of_its_own),
		TEST(a_users_manager_has_fields_of_its_own),
		TEST(groups_of_containers_have_their_id),
		TEST(the_key_is_hierarchy_and_id),
		TEST(a_new_path_replaces_the_old_one),
		TEST(without_an_id_nothing_is_kept),
		TEST(what_was_used_longest_ago_is_forgotten),
		TEST(long_paths_are_bounded_by_their_bytes),
		NODE_TEST(names_come_with_the_first_event),
		NODE_TEST(names_that_come_late_are_found),
		NODE_TEST(a_unit_that_calls_itself_a_pod_gets_no_name),
		NODE_TEST(names_that_never_come_are_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
