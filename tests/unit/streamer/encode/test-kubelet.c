/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "proto/base/util.h"
#include "streamer/encode/kubelet.h"
#include "tests/lib/test.h"

#define ID "123cd1db937c3c2d0d7772ef9b0a1c4b0b3dcfcb6b889452a90b2fcb43eae43a"
#define OTHER "f52987fbdcc7b29175fb52e01c7917e9d6d2e14550e3a2a7abf739da5a067e31"
#define UID "6dc88073-2128-40d6-9dbc-0ba508da7fe8"
#define STATIC_UID "c704ef4c297ab11032b83ce52cbfc87b"

struct folders {
	char root[32], pods[64], containers[64];
	struct kubelet kubelet;
};

static void make_folder(const char *parent, const char *name)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", parent, name);
	assert_ok(mkdir(path, 0755));
}

static void make_link(const char *parent, const char *name)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", parent, name);
	assert_ok(symlink("/nowhere/0.log", path));
}

/* As the kubelet leaves it on a node. */
static int make_folders(void **state)
{
	struct folders *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	(void)strcpy(f->root, "/tmp/test-kubelet-XXXXXX");
	assert_non_null(mkdtemp(f->root));
	(void)snprintf(f->pods, sizeof(f->pods), "%s/pods", f->root);
	(void)snprintf(f->containers, sizeof(f->containers), "%s/containers", f->root);
	make_folder(f->root, "pods");
	make_folder(f->root, "containers");
	make_folder(f->pods, "shop_web-7f9_" UID);
	make_folder(f->pods, "shop_web-7f9_" UID "/app");
	make_folder(f->pods, "kube-system_etcd-node1_" STATIC_UID);
	make_folder(f->pods, "junk");
	make_folder(f->pods, "_x_" OTHER);
	make_link(f->containers, "web-7f9_shop_side-car-" ID ".log");
	make_link(f->containers, "junk-" OTHER ".log");
	make_link(f->containers, "web-7f9_shop_app");
	f->kubelet = (struct kubelet){.pods_dir = f->pods, .containers_dir = f->containers};
	*state = f;
	return 0;
}

static int remove_folders(void **state)
{
	struct folders *f = *state;
	char command[64];

	(void)snprintf(command, sizeof(command), "rm -r %s", f->root);
	assert_ok(system(command));
	free(f);
	return 0;
}

static void assert_names(const struct kubelet *kubelet, const char *id, const char *uid,
			 const char *namespace, const char *pod, const char *container)
{
	struct kubelet_names names;

	memset(&names, 'x', sizeof(names));
	kubelet_find(kubelet, id, uid, &names);
	assert_string_equal(names.namespace_name, namespace);
	assert_string_equal(names.pod_name, pod);
	assert_string_equal(names.container_name, container);
}

static void a_container_is_found_by_its_id(void **state)
{
	struct folders *f = *state;

	assert_names(&f->kubelet, ID, UID, "shop", "web-7f9", "side-car");
	assert_names(&f->kubelet, ID, "", "shop", "web-7f9", "side-car");
}

static void a_pod_is_found_by_its_uid(void **state)
{
	struct folders *f = *state;

	assert_names(&f->kubelet, "", UID, "shop", "web-7f9", "");
	assert_names(&f->kubelet, OTHER, UID, "shop", "web-7f9", "");
}

static void a_static_pod_is_found_by_its_hash(void **state)
{
	struct folders *f = *state;

	assert_names(&f->kubelet, OTHER, STATIC_UID, "kube-system", "etcd-node1", "");
}

static void what_is_not_there_has_no_names(void **state)
{
	struct folders *f = *state;
	const struct kubelet nowhere = {},
			     wrong = {.pods_dir = "/nonexistent", .containers_dir = "/dev/null"};

	assert_names(&f->kubelet, OTHER, "00000000-2128-40d6-9dbc-0ba508da7fe8", "", "", "");
	assert_names(&f->kubelet, "", "", "", "", "");
	assert_names(&f->kubelet, OTHER, OTHER, "", "", "");
	assert_names(&nowhere, ID, UID, "", "", "");
	assert_names(&wrong, ID, UID, "", "", "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folders, remove_folders)

#define LONG_POD                                                                                   \
	"nightly-customer-churn-feature-aggregation-backfill-job-20261128-030000-worker-group-b-"  \
	"driver-7f9c6d5b8d-x2x4z"
#define LONG_CONTAINER "feature-aggregation-spark-kubernetes-executor-main"

/* As the kubelet does: cut to 251 bytes, then ".log". */
static void make_long_link(const struct folders *f, const char *namespace, const char *container,
			   const char *id, const char *uid)
{
	char name[1024], target[1024], path[512];

	(void)snprintf(name, sizeof(name), "%s_%s_%s-%s", LONG_POD, namespace, container, id);
	(void)snprintf(path, sizeof(path), "%s/%.251s.log", f->containers, name);
	(void)snprintf(target, sizeof(target), "/var/log/pods/%s_%s_%s/%s/0.log", namespace,
		       LONG_POD, uid, container);
	assert_ok(symlink(target, path));
}

#define LONG_UID "4a163a05-439d-484b-8e53-2968bc15824f"
#define LONG_NAMESPACE "data-pipelines-production"

static void a_name_whose_end_is_cut_is_found_by_its_target(void **state)
{
	struct folders *f = *state;

	make_folder(f->pods, LONG_NAMESPACE "_" LONG_POD "_" LONG_UID);
	make_long_link(f, LONG_NAMESPACE, LONG_CONTAINER, OTHER, LONG_UID);
	assert_names(&f->kubelet, OTHER, LONG_UID, LONG_NAMESPACE, LONG_POD, LONG_CONTAINER);
	/* not what another pod's link says, nor what has other first digits */
	assert_names(&f->kubelet, OTHER, STATIC_UID, "kube-system", "etcd-node1", "");
	assert_names(&f->kubelet, "0a" OTHER, LONG_UID, LONG_NAMESPACE, LONG_POD, "");
}

/* So little of the id is left that it could be another container of the same pod. */
static void a_name_that_could_be_anothers_is_not_given(void **state)
{
	struct folders *f = *state;

	make_folder(f->pods, LONG_NAMESPACE "_" LONG_POD "_" LONG_UID);
	make_long_link(f, LONG_NAMESPACE,
		       LONG_CONTAINER "-and-so-much-more-that-only-few-digits-of-the-id-are-left",
		       OTHER, LONG_UID);
	assert_names(&f->kubelet, OTHER, LONG_UID, LONG_NAMESPACE, LONG_POD, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_container_is_found_by_its_id),
		TEST(a_pod_is_found_by_its_uid),
		TEST(a_static_pod_is_found_by_its_hash),
		TEST(a_name_whose_end_is_cut_is_found_by_its_target),
		TEST(a_name_that_could_be_anothers_is_not_given),
		TEST(what_is_not_there_has_no_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
