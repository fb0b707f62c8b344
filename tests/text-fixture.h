/* SPDX-License-Identifier: Apache-2.0 */
/* Records to be put into words: an OOM kill, a denial, and what is about the stream. */
#pragma once

#include "test.h"

#include <stdlib.h>

#include "line.h"
#include "text.h"
#include "util.h"

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)
#define ID "4f0c1e2d3b4a59687786a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"
#define POD_UID "0d2f8a1c-5a3b-4c6d-8e7f-112233445566"

/* protobuf-c's string fields are not const; nobody writes to these. */
#define S(s) ((char *)(s))

/* The records of one test: one of each message, wired together as needed. */
struct fixture {
	Ringside__V1__Record record;
	Ringside__V1__Header header;
	Ringside__V1__OomKill kill;
	Ringside__V1__SeccompDenial denial;
	Ringside__V1__Limited limited;
	Ringside__V1__Lost lost;
	Ringside__V1__Process victim, trigger;
	Ringside__V1__Container app, other, owner;
	char text[TEXT_MAX];
};

static inline void be(Ringside__V1__Process *process, const char *comm, uint32_t pid)
{
	*process = (Ringside__V1__Process)RINGSIDE__V1__PROCESS__INIT;
	process->comm = S(comm);
	process->has_pid = true;
	process->pid = pid;
}

static inline void in_pod(Ringside__V1__Container *c, const char *name)
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

static inline int setup(void **state)
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

static inline int teardown(void **state)
{
	free(*state);
	return 0;
}

static inline const char *message(struct fixture *f)
{
	size_t size = text_message(f->text, sizeof(f->text), &f->record, &f->header);

	assert_int_equal(size, strlen(f->text));
	return f->text;
}

static inline const char *who(struct fixture *f)
{
	size_t size = text_who(f->text, sizeof(f->text), &f->record);

	assert_int_equal(size, strlen(f->text));
	return f->text;
}

static inline const char *advice(struct fixture *f)
{
	size_t size = text_advice(f->text, sizeof(f->text), &f->record);

	assert_int_equal(size, strlen(f->text));
	return f->text;
}

#define SET(message, field, value) ((message)->has_##field = true, (message)->field = (value))

/* python3[1234] of shop/web-7f9/app, container limit 512 MiB, 20 MiB of its own, 470 of shmem */
static inline struct fixture *oom(void **state)
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

/* The same, but with a plain 500 MiB of its own. */
static inline struct fixture *plain_oom(void **state)
{
	struct fixture *f = oom(state);

	f->kill.anon_rss_bytes = 500 * MIB;
	f->kill.file_rss_bytes = 0;
	f->kill.shmem_rss_bytes = 0;
	return f;
}

static inline struct fixture *seccomp(void **state, Ringside__V1__SeccompAction action)
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

static inline void set_error(struct fixture *f, uint32_t number, const char *name)
{
	SET(&f->denial, error_number, number);
	f->denial.error_name = S(name);
}

static inline struct fixture *held_back(void **state)
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

static inline struct fixture *loss(void **state, Ringside__V1__Lost__Reason reason)
{
	struct fixture *f = *state;

	f->record.body_case = RINGSIDE__V1__RECORD__BODY_LOST;
	f->record.lost = &f->lost;
	SET(&f->lost, reason, reason);
	f->lost.kind = S("seccomp_denial");
	SET(&f->lost, count, 1200);
	return f;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
