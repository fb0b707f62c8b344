/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "consumer/base/arena.h"
#include "consumer/read/container-identity.h"
#include "consumer/read/reader.h"
#include "proto/base/util.h"
#include "proto/record/container.h"
#include "tests/lib/test.h"

#define S(s) ((char *)(s))
#define A "4f797c539e6c745de61a93ca3ff892358ecbcaccd8414d5db545c38428142970"
#define B "908ebcc9c13584a14322ec070bd971e0de62f126c0cd95c079acdb99990ad3a3"
#define POD "4a163a05-439d-484b-8e53-2968bc15824f"
#define TAKEN "/docker/" A "/kubepods/burstable/pod" POD "/" B

/* As it was told before: the innermost. */
static Ringside__V1__Container make_taken(void)
{
	Ringside__V1__Container c = RINGSIDE__V1__CONTAINER__INIT;

	c.id = S(B);
	c.runtime = S("containerd");
	c.pod_uid = S(POD);
	c.namespace_name = S("shop");
	c.pod_name = S("web-7f9");
	c.container_name = S("app");
	c.cgroup_path = S(TAKEN);
	return c;
}

static void check_mended(const Ringside__V1__Container *c)
{
	assert_string_equal(c->id, A);
	assert_string_equal(c->runtime, "docker");
	assert_null(c->pod_uid);
	assert_null(c->namespace_name);
	assert_null(c->pod_name);
	assert_null(c->container_name);
	assert_string_equal(c->nested, "pod:" POD "/containerd:" B);
}

static void append(int fd, Ringside__V1__Record *record)
{
	uint8_t buf[2048];
	size_t size = ringside__v1__record__get_packed_size(record), n = 0;

	assert_true(size < sizeof(buf) - 2);
	for (size_t rest = size; n == 0 || rest; rest >>= 7)
		buf[n++] = (uint8_t)((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
	(void)ringside__v1__record__pack(record, buf + n);
	assert_int_equal(write(fd, buf, n + size), (ssize_t)(n + size));
}

/* Two denials of one container: the second comes out of the memo. */
static int make_stream(uint32_t version)
{
	int fd = memfd_create("stream", MFD_CLOEXEC);
	Ringside__V1__Record record = RINGSIDE__V1__RECORD__INIT;
	Ringside__V1__Header header = RINGSIDE__V1__HEADER__INIT;
	Ringside__V1__SeccompDenial denial = RINGSIDE__V1__SECCOMP_DENIAL__INIT;
	Ringside__V1__Container container = make_taken();

	assert_true(fd >= 0);
	header.magic = S("RINGSIDE");
	header.has_format_version = true;
	header.format_version = 1;
	header.has_identity_version = version != 0;
	header.identity_version = version;
	record.body_case = RINGSIDE__V1__RECORD__BODY_HEADER;
	record.header = &header;
	append(fd, &record);
	denial.container = &container;
	record.body_case = RINGSIDE__V1__RECORD__BODY_SECCOMP_DENIAL;
	record.seccomp_denial = &denial;
	append(fd, &record);
	append(fd, &record);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void only_streams_of_before_are_read_again(void **state)
{
	for (uint32_t version = 0; version <= CONTAINER_IDENTITY_VERSION;
	     version += CONTAINER_IDENTITY_VERSION) {
		_cleanup_close_ int fd = make_stream(version);
		_cleanup_(reader_freep) struct reader *reader = NULL;
		struct reader_record item;

		assert_int_equal(reader_new(&reader, fd, "stream"), 0);
		assert_int_equal(reader_next(reader, &item), 0);
		for (unsigned i = 0; i < 2; i++) {
			assert_int_equal(reader_next(reader, &item), 0);
			if (version)
				assert_string_equal(item.record->seccomp_denial->container->id, B);
			else
				check_mended(item.record->seccomp_denial->container);
		}
		assert_int_equal(reader_next(reader, &item), READER_END);
	}
}

static void every_container_of_a_record_is_read_again(void **state)
{
	Ringside__V1__Container taken = make_taken(), own = RINGSIDE__V1__CONTAINER__INIT;
	Ringside__V1__Record record = RINGSIDE__V1__RECORD__INIT;
	Ringside__V1__OomKill kill = RINGSIDE__V1__OOM_KILL__INIT;
	Ringside__V1__Limited limited = RINGSIDE__V1__LIMITED__INIT;
	Ringside__V1__Counters counters = RINGSIDE__V1__COUNTERS__INIT;
	Ringside__V1__CounterRow row = RINGSIDE__V1__COUNTER_ROW__INIT, *rows[] = {&row};
	struct arena arena;

	arena_init(&arena);
	own.cgroup_path = S("/foo.slice/foo-libpod_pod_" A ".slice");
	kill.victim_container = kill.trigger_container = &taken;
	kill.limit_owner = &own;
	kill.has_limit_level = true;
	kill.limit_level = RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_SLICE;
	record.body_case = RINGSIDE__V1__RECORD__BODY_OOM_KILL;
	record.oom_kill = &kill;
	container_identity_mend(&record, &arena);
	check_mended(kill.victim_container);
	check_mended(kill.trigger_container);
	assert_string_equal(kill.limit_owner->podman_pod_id, A);
	assert_int_equal(kill.limit_level, RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_POD);
	/* it may be shared with other records */
	assert_string_equal(taken.id, B);

	limited.container = row.container = &taken;
	record.body_case = RINGSIDE__V1__RECORD__BODY_LIMITED;
	record.limited = &limited;
	container_identity_mend(&record, &arena);
	check_mended(limited.container);
	counters.n_rows = 1;
	counters.rows = rows;
	record.body_case = RINGSIDE__V1__RECORD__BODY_COUNTERS;
	record.counters = &counters;
	container_identity_mend(&record, &arena);
	check_mended(row.container);
	arena_done(&arena);
}

/* The kubelet's names stay where they were looked up for the right one. */
static void names_of_the_same_pod_and_container_stay(void **state)
{
	Ringside__V1__Container c = make_taken();
	struct arena arena;

	arena_init(&arena);
	c.cgroup_path = S("/kubepods/burstable/pod" POD "/" B);
	container_identity_read(&c, &arena);
	assert_string_equal(c.container_name, "app");
	c.id = S(A);
	container_identity_read(&c, &arena);
	assert_null(c.container_name);
	assert_string_equal(c.pod_name, "web-7f9");
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_streams_of_before_are_read_again),
		cmocka_unit_test(every_container_of_a_record_is_read_again),
		cmocka_unit_test(names_of_the_same_pod_and_container_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
