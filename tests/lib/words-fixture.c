/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/words-fixture.h"

#include "consumer/read/container-identity.h"

#define HALF "1b4ad0f3c2e59687786a5b4c3d2e1f0f"
#define A "46c1877ea1fd" HALF "01234567890123456789"
#define A_TOO "46c1877ea1fd" HALF "98765432109876543210"
#define B "908ebcc9c13584a14322ec070bd971e0de62f126c0cd95c079acdb99990ad3a3"
#define C "6dc3fdffbf66b1239d55e98da9aaa759ea51ed35d04eb09d19ebd78963aa26c2"
#define UUID "168b386b-893f-478e-bbf1-209482231b88"
#define UUID_TOO "3e84fc0b-208f-4108-8a84-978b82ddd5c2"
#define USER(n) "/user.slice/user-" n ".slice/user@" n ".service"
#define TASK "34dc0b5e626f2c5c4c5170e34b10e765"

/* Whose they are: the machine's, somebody's who has a cgroup of his own, a container's. */
static const char *const fronts[] = {
	"",
	"/system.slice/nginx.service",
	"/system.slice/other.service",
	USER("1000") "/app.slice",
	USER("1001") "/app.slice",
	USER("1000") "/app.slice/mine.service",
	"/handed",
	"/docker/" C,
	"/lxc/outer",
	"/machine.slice/machine-box.scope",
	"/system.slice/slurmstepd.scope/job_9",
};

/* In any of them each is another one. */
static const char *const runtimes[] = {
	"/docker-" A ".scope",
	"/libpod-" A_TOO ".scope",
	"/docker/" A_TOO,
	"/crio-" B ".scope",
	"/lxc/web",
	"/lxc.payload.web",
	"/lxc.payload/web",
	"/lxc/web#12",
	"/machine-lxc\\x2d12\\x2dweb.scope",
	"/machine-lxc\\x2d13\\x2dweb.scope",
	"/machine-lxc\\x2dweb.scope",
	"/machine-web.scope",
	"/machine-a\\x2db.scope",
	"/machine-a-b.scope",
	"/lxc/a-b",
	"/lxc/a\\x2db",
	"/slurmstepd.scope/job_7",
	"/node1_slurmstepd.scope/job_7",
	"/slurm/uid_1/job_7",
	"/slurm_node1/uid_1/job_7",
	"/pbs_jobs.service/jobs/7.srv",
	"/pbs_jobs.service/jobid/7.srv",
	"/pbs2.service/jobs/7.srv",
	"/htcondor/condor_a",
	"/firecracker/vm",
	"/nomad.slice/" UUID ".web.scope",
	"/mesos/" UUID,
	"/garden/" UUID_TOO,
	"/hadoop-yarn/container_1558621002730_0013_01_000002",
	"/kubepods/pod" UUID "/" B,
	"/kubepods/pod" UUID_TOO "/" C,
	"/ecs/" TASK "/" TASK "-1",
	"/libpod_parent/" A "/libpod-" B,
	"/libpod_parent/" A_TOO "/libpod-" C,
	"/foo.slice/foo-libpod_pod_" A ".slice",
	"/foo.slice/foo-libpod_pod_" A_TOO ".slice",
};

/* What has no container's form, and what only looks like one. */
static const char *const plain[] = {
	"/",
	"/system.slice",
	"/system.slice/redis.service",
	"/system.slice/redis.service/job1",
	"/system.slice/redis.service/job2/redis.service",
	"/system.slice/redis.service/podman:" A,
	"/system.slice/redis.service/podman:46c1877ea1fd",
	"/system.slice/redis.service/libpod-" A ".scope",
	"/system.slice/redis.service/lxc:web",
	"/system.slice/redis.service/a/lxc/web",
	"/system.slice/redis.service/b/lxc/web",
	"/system.slice/redis.service/nginx.service",
	"/redis.service.d",
	"/docker:46c1877ea1fd",
	"/lxc:web",
	"/shop/web/app",
	"/handed/" A "/a",
	"/handed/other/" A,
};

static void add_case(struct cases *cases, const char *path)
{
	Ringside__V1__Container *c = &cases->list[cases->n];
	struct line line = line_make(cases->texts[cases->n], TEXT_MAX);
	char *copy = arena_take(&cases->arena, strlen(path) + 1);

	assert_true(cases->n < CASES_MAX && copy);
	cases->n++;
	*c = (Ringside__V1__Container)RINGSIDE__V1__CONTAINER__INIT;
	c->cgroup_path = strcpy(copy, path);
	container_identity_read(c, &cases->arena);
	text_container(&line, c);
	(void)line_end(&line);
}

/* Long ones that differ in their middle alone. */
static void add_long(struct cases *cases)
{
	for (unsigned i = 0; i < 20; i++) {
		char path[1200] = "/handed";

		for (unsigned level = 0; level < 50; level++)
			(void)sprintf(path + strlen(path), "/%s-%u",
				      level == i + 15 ? "changed" : "a-folder", level);
		add_case(cases, path);
	}
}

static void make_cases(struct cases *cases)
{
	char path[1024];

	cases->n = 0;
	arena_init(&cases->arena);
	for (size_t i = 0; i < ARRAY_SIZE(fronts); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(runtimes); j++) {
			(void)snprintf(path, sizeof(path), "%s%s", fronts[i], runtimes[j]);
			add_case(cases, path);
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
		add_case(cases, plain[i]);
	add_long(cases);
	assert_true(cases->n > 400);
}

int cases_setup(void **state)
{
	struct cases *cases = malloc(sizeof(*cases));

	if (!cases)
		return -1;
	make_cases(cases);
	*state = cases;
	return 0;
}

int cases_teardown(void **state)
{
	struct cases *cases = *state;

	arena_done(&cases->arena);
	free(cases);
	return 0;
}
