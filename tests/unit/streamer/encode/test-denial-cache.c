/* SPDX-License-Identifier: Apache-2.0 */
/* What is remembered must never show: an encoder whose memo is emptied before each event writes
 * the same bytes. */
#include <linux/audit.h>
#include <linux/seccomp.h>

#include "streamer/encode/message-parts.h"
#include "tests/lib/wire-record.h"

struct pair {
	struct encoder *encoder; /* as it is */
	struct encoder *plain;   /* remembers no message */
	unsigned remembered;     /* events that were like an earlier one */
	uint8_t frame[ENCODER_FRAME_MAX], want[ENCODER_FRAME_MAX];
	size_t size;
};

static int new_pair(void **state)
{
	struct pair *pair = calloc(1, sizeof(*pair));

	assert_non_null(pair);
	*state = pair;
	return new_encoder((void **)&pair->encoder) || new_encoder((void **)&pair->plain);
}

static int free_pair(void **state)
{
	struct pair *pair = *state;

	(void)encoder_free(pair->encoder);
	(void)encoder_free(pair->plain);
	free(pair);
	return 0;
}

static void forget(struct denial_cache_entry *cache)
{
	for (unsigned i = 0; i < 1u << DENIAL_CACHE_BITS; i++)
		cache[i].until = 0;
}

static void assert_same(struct pair *pair, const struct wire_record *record)
{
	const struct record_stamp stamp = RECORD_STAMP;
	size_t size = 0;

	pair->remembered +=
		denial_cache_says(denial_cache_at(pair->encoder->denials, &record->denial),
				  &record->denial);
	forget(pair->plain->denials);
	assert_ok(encoder_event(pair->encoder, &record->head, record->head.size, &stamp,
				pair->frame, &pair->size));
	assert_ok(encoder_event(pair->plain, &record->head, record->head.size, &stamp, pair->want,
				&size));
	assert_int_equal(pair->size, size);
	assert_memory_equal(pair->frame, pair->want, size);
	assert_true(pair->encoder->missing.cgroup.id == pair->plain->missing.cgroup.id);
}

static void make_denial(struct wire_record *record, unsigned thread, unsigned cgroup)
{
	struct wire_seccomp_denial *denial = &record->denial;

	record_init(record, WIRE_SECCOMP_DENIAL);
	denial->process = (struct wire_process){
		.pid = 100 + thread / 4,
		.tid = 100 + thread,
		.start_boottime = 1,
		.comm = "worker",
	};
	denial->cgroup.id = denial->key.cgroup_id = cgroup;
	denial->key.arch = AUDIT_ARCH_X86_64;
	denial->key.nr = 250;
	denial->key.action = SECCOMP_RET_ERRNO;
	denial->key.error = 1;
	denial->ip = 0x7f0123456789;
	denial->filters = 1;
	denial->flags = WIRE_SECCOMP_HAS_NR | WIRE_SECCOMP_HAS_ERRNO | WIRE_SECCOMP_HAS_DATA |
			WIRE_SECCOMP_HAS_CALL | WIRE_SECCOMP_KNOWS_LOG;
}

static void with_paths(struct wire_record *record, const char *exe, const char *cgroup)
{
	if (exe)
		record_path(record, &record->denial.process.exe, exe);
	if (cgroup)
		record_path(record, &record->denial.cgroup.path, cgroup);
}

/* A number that is often one of a few. */
static unsigned draw(unsigned n)
{
	return (unsigned)rand() % n;
}

static void vary_one(struct wire_seccomp_denial *denial)
{
	static const uint32_t actions[] = {SECCOMP_RET_ERRNO, SECCOMP_RET_TRAP, SECCOMP_RET_TRACE};

	switch (draw(16)) {
	case 0:
		denial->key.nr += (int)draw(3);
		break;
	case 1:
		denial->key.error = draw(3);
		break;
	case 2:
		denial->key.action = actions[draw(3)];
		break;
	case 3:
		denial->flags ^= 1u << draw(9);
		break;
	case 4:
		denial->filters = draw(3);
		break;
	case 5:
		denial->ret_data = draw(3);
		break;
	case 6:
		denial->process.uid = draw(2);
		break;
	case 7:
		denial->process.comm[0] = (char)draw(256);
		break;
	case 8:
		denial->process.start_boottime = draw(3);
		break;
	case 9:
		denial->cgroup.hierarchy = draw(2);
		break;
	case 10:
		denial->key.arch = AUDIT_ARCH_I386;
		break;
	default:
		for (unsigned i = 0; i < 6; i++)
			denial->args[i] = draw(4) ? 0 : (uint64_t)rand() << draw(33);
	}
}

static void whatever_comes_is_encoded_the_same(void **state)
{
	struct pair *pair = *state;

	srand(1);
	for (unsigned i = 0; i < 200000; i++) {
		struct wire_record record;
		unsigned thread = draw(32);
		char exe[32], path[1024];

		make_denial(&record, thread, draw(16) ? thread / 8 : draw(8));
		if (!draw(4))
			vary_one(&record.denial);
		/* the last one is too long to be kept */
		(void)snprintf(exe, sizeof(exe), "/bin/%u", draw(3));
		(void)snprintf(path, sizeof(path), "/%0*u/%u", draw(4) ? 1 : 240, 7, draw(3));
		with_paths(&record, draw(64) ? NULL : exe, draw(64) ? NULL : path);
		assert_same(pair, &record);
	}
	assert_in_range(pair->remembered, 50000, 190000);
}

/* What the caches had to give up is not remembered longer than by them; and what is used is not
 * given up, whoever uses it. */
static void what_is_used_stays_and_the_rest_goes(void **state)
{
	struct pair *pair = *state;
	struct wire_record record;

	for (unsigned i = 1; i <= 20000; i++) {
		make_denial(&record, 4 * i, i);
		with_paths(&record, "/bin/some", "/some/cgroup");
		assert_same(pair, &record);
		if (i % 1000)
			continue;
		make_denial(&record, 4, 1);
		assert_same(pair, &record);
		assert_int_equal(pair->encoder->missing.cgroup.id, 0);
	}
	make_denial(&record, 4 * 2, 2);
	assert_same(pair, &record);
	assert_int_equal(pair->encoder->missing.cgroup.id, 2);
}

static Ringside__V1__Record *encode(struct pair *pair, const struct wire_record *record)
{
	assert_same(pair, record);
	return record_decode(pair->frame, pair->size);
}

static void assert_paths(struct pair *pair, const struct wire_record *record, const char *exe,
			 const char *cgroup)
{
	Ringside__V1__Record *message = encode(pair, record);

	assert_string_equal(message->seccomp_denial->process->executable_path, exe);
	assert_string_equal(message->seccomp_denial->container->cgroup_path, cgroup);
	ringside__v1__record__free_unpacked(message, NULL);
}

static void another_threads_news_are_news_for_all(void **state)
{
	struct pair *pair = *state;
	struct wire_record first, second;

	for (unsigned i = 0; i < 3; i++) {
		make_denial(&first, 0, 1);
		with_paths(&first, "/bin/a", "/a");
		assert_paths(pair, &first, "/bin/a", "/a");
		make_denial(&first, 0, 1);
		assert_paths(pair, &first, "/bin/a", "/a");
		assert_paths(pair, &first, "/bin/a", "/a");

		make_denial(&second, 1, 1);
		with_paths(&second, "/bin/b", "/b");
		assert_paths(pair, &second, "/bin/b", "/b");
		assert_paths(pair, &first, "/bin/b", "/b");
		assert_paths(pair, &first, "/bin/b", "/b");
	}
	assert_true(pair->remembered >= 3);
}

/* The kernel names another executable for the process, whose cgroup stays: and the reverse. */
static void one_of_both_changes(void **state)
{
	struct pair *pair = *state;
	struct wire_record record, news;

	make_denial(&record, 0, 1);
	with_paths(&record, "/bin/a", "/a");
	assert_paths(pair, &record, "/bin/a", "/a");
	make_denial(&record, 0, 1);
	assert_paths(pair, &record, "/bin/a", "/a");
	make_denial(&news, 1, 1);
	with_paths(&news, "/bin/b", NULL);
	assert_paths(pair, &news, "/bin/b", "/a");
	assert_paths(pair, &record, "/bin/b", "/a");
	make_denial(&news, 5, 1);
	with_paths(&news, "/bin/c", "/b");
	assert_paths(pair, &news, "/bin/c", "/b");
	assert_paths(pair, &record, "/bin/b", "/b");
}

static void registers_that_differ_are_seen(void **state)
{
	struct pair *pair = *state;
	struct wire_record record;

	make_denial(&record, 0, 1);
	with_paths(&record, "/bin/a", "/a");
	assert_same(pair, &record);
	make_denial(&record, 0, 1);
	for (unsigned i = 0; i < 1000; i++) {
		record.denial.args[i % 6] += i / 200 * 1234567;
		record.denial.ip += i / 500;
		assert_same(pair, &record);
	}
	assert_int_equal(pair->remembered, 999);
}

#define SECOND 1000000000ull
#define ID "123cd1db937c3c2d0d7772ef9b0a1c4b0b3dcfcb6b889452a90b2fcb43eae43a"
#define POD_PATH "/kubepods/burstable/pod6dc88073-2128-40d6-9dbc-0ba508da7fe8/" ID

/* The kubelet names a container a moment after its first denials. */
static void names_that_come_late_are_seen(void **state)
{
	char root[] = "/tmp/test-memo-XXXXXX", link[256];
	const struct kubelet config = {.containers_dir = root};
	struct pair *pair = *state;
	struct wire_record record;
	Ringside__V1__Record *message;

	assert_non_null(mkdtemp(root));
	pair->encoder = encoder_free(pair->encoder);
	pair->plain = encoder_free(pair->plain);
	assert_ok(encoder_new(&pair->encoder, &config));
	assert_ok(encoder_new(&pair->plain, &config));
	for (unsigned i = 0; i < 3; i++) {
		make_denial(&record, 0, 1);
		with_paths(&record, NULL, i ? NULL : POD_PATH);
		assert_same(pair, &record);
	}
	assert_int_equal(pair->remembered, 1);
	(void)snprintf(link, sizeof(link), "%s/web-7f9_shop_app-" ID ".log", root);
	assert_ok(symlink("/nowhere", link));
	record.head.boottime_nano += SECOND - 1;
	assert_same(pair, &record);
	assert_int_equal(pair->remembered, 2);
	record.head.boottime_nano++;
	message = encode(pair, &record);
	assert_string_equal(message->seccomp_denial->container->pod_name, "web-7f9");
	ringside__v1__record__free_unpacked(message, NULL);
	assert_ok(unlink(link));
	assert_ok(rmdir(root));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, new_pair, free_pair)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(whatever_comes_is_encoded_the_same),
		TEST(what_is_used_stays_and_the_rest_goes),
		TEST(another_threads_news_are_news_for_all),
		TEST(one_of_both_changes),
		TEST(registers_that_differ_are_seen),
		TEST(names_that_come_late_are_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
