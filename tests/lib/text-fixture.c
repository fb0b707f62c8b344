/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/text-fixture.h"

void be(Ringside__V1__Process *process, const char *comm, uint32_t pid)
{
	*process = (Ringside__V1__Process)RINGSIDE__V1__PROCESS__INIT;
	process->comm = S(comm);
	process->has_pid = true;
	process->pid = pid;
}

void in_pod(Ringside__V1__Container *c, const char *name)
{
	*c = (Ringside__V1__Container)RINGSIDE__V1__CONTAINER__INIT;
	c->id = S(ID);
	c->runtime = S("containerd");
	c->pod_uid = S(POD_UID);
	c->namespace_name = S("shop");
	c->pod_name = S("web-7f9");
	c->container_name = S(name);
	c->cgroup_path = S("/kubepods/burstable/pod" POD_UID "/" ID);
}

int text_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	f->record = (Ringside__V1__Record)RINGSIDE__V1__RECORD__INIT;
	f->header = (Ringside__V1__Header)RINGSIDE__V1__HEADER__INIT;
	f->header.architecture = S("x86_64");
	f->kill = (Ringside__V1__OomKill)RINGSIDE__V1__OOM_KILL__INIT;
	f->denial = (Ringside__V1__SeccompDenial)RINGSIDE__V1__SECCOMP_DENIAL__INIT;
	f->limited = (Ringside__V1__Limited)RINGSIDE__V1__LIMITED__INIT;
	f->lost = (Ringside__V1__Lost)RINGSIDE__V1__LOST__INIT;
	f->owner = (Ringside__V1__Container)RINGSIDE__V1__CONTAINER__INIT;
	f->other = (Ringside__V1__Container)RINGSIDE__V1__CONTAINER__INIT;
	in_pod(&f->app, "app");
	be(&f->victim, "python3", 1234);
	be(&f->trigger, "java", 99);
	*state = f;
	return 0;
}

int text_teardown(void **state)
{
	free(*state);
	return 0;
}

const char *message(struct fixture *f)
{
	size_t size = text_message(f->text, sizeof(f->text), &f->record, &f->header);

	assert_int_equal(size, strlen(f->text));
	return f->text;
}

const char *who(struct fixture *f)
{
	size_t size = text_who(f->text, sizeof(f->text), &f->record);

	assert_int_equal(size, strlen(f->text));
	return f->text;
}

const char *advice(struct fixture *f)
{
	size_t size = text_advice(f->text, sizeof(f->text), &f->record);

	assert_int_equal(size, strlen(f->text));
	return f->text;
}

struct fixture *oom(void **state)
{
	struct fixture *f = *state;

	f->record.body_case = RINGSIDE__V1__RECORD__BODY_OOM_KILL;
	f->record.oom_kill = &f->kill;
	f->kill.victim = &f->victim;
	f->kill.victim_container = &f->app;
	f->kill.limit_owner = &f->app;
	SET(&f->kill, scope, RINGSIDE__V1__OOM_SCOPE__OOM_SCOPE_MEMCG);
	SET(&f->kill, limit_level, RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_CONTAINER);
	SET(&f->kill, limit_bytes, 512 * MIB);
	SET(&f->kill, usage_bytes, 512 * MIB);
	SET(&f->kill, anon_rss_bytes, 18 * MIB);
	SET(&f->kill, file_rss_bytes, 2 * MIB);
	SET(&f->kill, shmem_rss_bytes, 470 * MIB);
	return f;
}

struct fixture *plain_oom(void **state)
{
	struct fixture *f = oom(state);

	f->kill.anon_rss_bytes = 500 * MIB;
	f->kill.file_rss_bytes = 0;
	f->kill.shmem_rss_bytes = 0;
	return f;
}

struct fixture *seccomp(void **state, Ringside__V1__SeccompAction action)
{
	struct fixture *f = *state;

	f->record.body_case = RINGSIDE__V1__RECORD__BODY_SECCOMP_DENIAL;
	f->record.seccomp_denial = &f->denial;
	be(&f->victim, "nginx", 77);
	f->denial.process = &f->victim;
	f->denial.container = &f->app;
	f->denial.arch_name = S("x86_64");
	f->denial.syscall_name = S("keyctl");
	SET(&f->denial, syscall_number, 250);
	SET(&f->denial, action, action);
	return f;
}

void set_error(struct fixture *f, uint32_t number, const char *name)
{
	SET(&f->denial, error_number, number);
	f->denial.error_name = S(name);
}

struct fixture *held_back(void **state)
{
	struct fixture *f = *state;

	f->record.body_case = RINGSIDE__V1__RECORD__BODY_LIMITED;
	f->record.limited = &f->limited;
	f->limited.kind = S("seccomp_denial");
	f->limited.container = &f->app;
	f->limited.syscall_name = S("clone3");
	SET(&f->limited, action, RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_ERRNO);
	SET(&f->limited, error_number, 38);
	f->limited.error_name = S("ENOSYS");
	SET(&f->limited, count, 48201);
	SET(&f->limited, first_boottime_nano, 5000000000);
	SET(&f->limited, last_boottime_nano, 5990000000);
	return f;
}

struct fixture *loss(void **state, Ringside__V1__Lost__Reason reason)
{
	struct fixture *f = *state;

	f->record.body_case = RINGSIDE__V1__RECORD__BODY_LOST;
	f->record.lost = &f->lost;
	SET(&f->lost, reason, reason);
	f->lost.kind = S("seccomp_denial");
	SET(&f->lost, count, 1200);
	return f;
}
