/* SPDX-License-Identifier: Apache-2.0 */
/* What a word of --redact names is gone from every message that has it, and nothing else is. */
#include "consumer/forward/redact.h"

#include "consumer/read/vocabulary.h"
#include "proto/record/pb.h"
#include "tests/lib/test.h"

#define ALL "args,exe,comm,addresses"
#define SECRET "s3cret"
#define ROOM 65536u

/* Messages are made in here, and forgotten together. */
static union {
	uint8_t bytes[8 * ROOM];
	uint64_t align;
} heap;
static size_t heap_used;

static void *take(size_t size)
{
	void *p = heap.bytes + heap_used;

	heap_used += (size + 15) & ~(size_t)15;
	assert_true(heap_used <= sizeof(heap));
	memset(p, 0, size);
	return p;
}

static bool is_checksum(const char *field)
{
	return !strncmp(field, "xxh", 3) || !strcmp(field, "hashed_bytes");
}

static ProtobufCMessage *fill(const ProtobufCMessageDescriptor *type, unsigned body,
			      unsigned without);

/* One value of the field's type to @p. */
static void fill_value(const ProtobufCFieldDescriptor *field, void *p, unsigned without)
{
	static uint8_t bytes[] = SECRET;
	const int number = 300;

	switch (field->type) {
	case PROTOBUF_C_TYPE_MESSAGE:
		*(ProtobufCMessage **)p = fill(field->descriptor, 0, without);
		break;
	case PROTOBUF_C_TYPE_STRING:
		*(char **)p = (char *)bytes;
		break;
	case PROTOBUF_C_TYPE_BYTES:
		*(ProtobufCBinaryData *)p = (ProtobufCBinaryData){sizeof(bytes) - 1, bytes};
		break;
	case PROTOBUF_C_TYPE_BOOL:
		*(protobuf_c_boolean *)p = 1;
		break;
	case PROTOBUF_C_TYPE_ENUM:
		*(int *)p = 1;
		break;
	default:
		memcpy(p, &number, sizeof(number)); /* on a little-endian machine */
	}
}

static void fill_field(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
		       unsigned without)
{
	uint8_t *member = (uint8_t *)message + field->offset;
	uint8_t *quantifier = (uint8_t *)message + field->quantifier_offset;

	if (field->label == PROTOBUF_C_LABEL_REPEATED) {
		void *values = take(2 * sizeof(ProtobufCBinaryData));
		const size_t one = field->type == PROTOBUF_C_TYPE_UINT32 ? 4 : 8;

		fill_value(field, values, without);
		fill_value(field, (uint8_t *)values + one, without);
		*(void **)(void *)member = values;
		*(size_t *)(void *)quantifier = 2;
		return;
	}
	fill_value(field, member, without);
	if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
		*(unsigned *)(void *)quantifier = field->id;
	else if (field->type != PROTOBUF_C_TYPE_MESSAGE && field->type != PROTOBUF_C_TYPE_STRING)
		*(protobuf_c_boolean *)quantifier = 1;
}

/* With all the fields that it can have, but for those that the words @without take away. */
static ProtobufCMessage *fill(const ProtobufCMessageDescriptor *type, unsigned body,
			      unsigned without)
{
	ProtobufCMessage *message = take(type->sizeof_message);

	protobuf_c_message_init(type, message);
	for (unsigned i = 0; i < type->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &type->fields[i];

		if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF && field->id != body)
			continue;
		if (vocabulary_private(field->name) & without ||
		    (without && is_checksum(field->name)))
			continue;
		fill_field(message, field, without);
	}
	return message;
}

static size_t pack(unsigned body, unsigned without, uint8_t *bytes)
{
	const ProtobufCMessage *message;

	heap_used = 0;
	message = fill(&ringside__v1__record__descriptor, body, without);
	assert_true(protobuf_c_message_get_packed_size(message) <= ROOM);
	return protobuf_c_message_pack(message, bytes);
}

static struct redact *make(const char *list)
{
	char problem[TARGET_PROBLEM];
	struct redact *redact;

	assert_ok(redact_new(&redact, list, problem));
	return redact;
}

/* Record.body's field of this number, NULL: it has none. */
static const ProtobufCFieldDescriptor *body_field(unsigned number)
{
	const ProtobufCFieldDescriptor *field =
		protobuf_c_message_descriptor_get_field(&ringside__v1__record__descriptor, number);

	return field && field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF ? field : NULL;
}

static void each_word_takes_its_own_and_nothing_else(void **state)
{
	static uint8_t whole[ROOM], expected[ROOM], left[ROOM];

	for (unsigned what = 1; what < 1u << VOCABULARY_PRIVATE_WORDS; what++) {
		char list[64] = "";
		struct redact *redact;

		for (unsigned i = 0; i < VOCABULARY_PRIVATE_WORDS; i++) {
			if (!(what & 1u << i))
				continue;
			strcat(list, *list ? "," : "");
			strcat(list, vocabulary_private_word(i));
		}
		redact = make(list);
		assert_string_equal(redact_words(redact), list);
		for (unsigned body = 1; body < 16; body++) {
			size_t size, n;

			if (!body_field(body))
				continue;
			size = pack(body, 0, whole);
			n = pack(body, what, expected);
			assert_int_equal(redact_frame(redact, whole, size, left), n);
			assert_memory_equal(left, expected, n);
		}
		(void)redact_free(redact);
	}
}

/* Who adds a field that sounds like one of them has to say whether it is. */
static void no_field_that_sounds_private_is_forgotten(void **state)
{
	static const char *const sounds[] = {"comm", "args", "argv",    "exec", "exe_",
					     "path", "addr", "pointer", "cmd",  "env"};
	/* Whose it is, and not what it ran. */
	static const char *const others[] = {"cgroup_path", "path_truncated"};
	const ProtobufCMessageDescriptor *types[64] = {&ringside__v1__record__descriptor};
	unsigned n = 1, found = 0;

	for (unsigned t = 0; t < n; t++) {
		for (unsigned i = 0; i < types[t]->n_fields; i++) {
			const ProtobufCFieldDescriptor *field = &types[t]->fields[i];
			bool known = vocabulary_private(field->name), seen = false;

			found += known;
			for (size_t k = 0; k < ARRAY_SIZE(others); k++)
				known |= !strcmp(others[k], field->name);
			for (size_t k = 0; k < ARRAY_SIZE(sounds); k++)
				if (strstr(field->name, sounds[k]) && !known)
					fail_msg("%s.%s: private or not?", types[t]->short_name,
						 field->name);
			for (unsigned k = 0; k < n; k++)
				seen |= types[k] == field->descriptor;
			if (field->type == PROTOBUF_C_TYPE_MESSAGE && !seen &&
			    n < ARRAY_SIZE(types))
				types[n++] = field->descriptor;
		}
	}
	assert_true(n > 20 && n < ARRAY_SIZE(types));
	assert_true(found >= 7);
}

static void what_a_newer_version_has_added_does_not_leave(void **state)
{
	static uint8_t bytes[ROOM], left[ROOM];
	struct redact *redact = make("comm");
	struct pb pb = pb_make(bytes, sizeof(bytes));
	uint8_t *mark;
	ssize_t n;

	/* A field of a Process; one of Record; a kind. */
	mark = pb_open(&pb, RINGSIDE__V1__RECORD__BODY_OOM_KILL);
	{
		uint8_t *victim = pb_open(&pb, 1);

		pb_uint(&pb, 1, 1234);
		pb_string(&pb, 40, SECRET);
		pb_string(&pb, 100, SECRET);
		pb_close(&pb, victim);
	}
	pb_close(&pb, mark);
	pb_fixed64(&pb, 10, 77);
	pb_uint(&pb, 15, 3);
	n = redact_frame(redact, bytes, (size_t)(pb.p - bytes), left);
	assert_int_equal(n, 2 + 2 + 3 + 2);
	assert_null(memmem(left, (size_t)n, SECRET, strlen(SECRET)));

	pb = pb_make(bytes, sizeof(bytes));
	pb_string(&pb, 90, SECRET);
	pb_uint(&pb, 15, 3);
	n = redact_frame(redact, bytes, (size_t)(pb.p - bytes), left);
	assert_int_equal(n, 3 + 2); /* that there is one */
	assert_null(memmem(left, (size_t)n, SECRET, strlen(SECRET)));
	(void)redact_free(redact);
}

static void an_item_is_unpacked_again(void **state)
{
	static uint8_t bytes[ROOM];
	const unsigned body = RINGSIDE__V1__RECORD__BODY_SECCOMP_DENIAL;
	struct redact *redact = make(ALL);
	Ringside__V1__Record *whole;
	struct target_item item = {.frame = bytes, .redacted = ""};

	item.size = pack(body, 0, bytes);
	assert_ok(redact_item(redact, &item));
	assert_null(item.record);
	item.frame = bytes;
	item.size = pack(body, 0, bytes);
	whole = ringside__v1__record__unpack(NULL, item.size, bytes);
	assert_non_null(whole);
	item.record = whole;
	assert_ok(redact_item(redact, &item));
	assert_ptr_not_equal(item.record, whole);
	assert_int_equal(item.record->body_case, body);
	assert_true(item.record->has_seq);
	assert_null(item.record->seccomp_denial->process->comm);
	assert_int_equal(item.record->seccomp_denial->n_args, 0);
	assert_non_null(whole->seccomp_denial->process->comm); /* it was not touched */
	assert_string_equal(item.redacted, ALL);
	ringside__v1__record__free_unpacked(whole, NULL);
	(void)redact_free(redact);
}

static void bytes_that_are_no_record_are_refused(void **state)
{
	static uint8_t bytes[ROOM], left[ROOM];
	struct redact *redact = make("args");
	size_t size = pack(RINGSIDE__V1__RECORD__BODY_OOM_KILL, 0, bytes);
	unsigned refused = 0;

	for (size_t n = 0; n < size; n++) {
		ssize_t r = redact_frame(redact, bytes, n, left);

		assert_true(r == -EBADMSG || (r >= 0 && (size_t)r <= n));
		refused += r < 0;
	}
	assert_true(refused > 100);
	bytes[1] = 0xff; /* a length inside */
	assert_int_equal(redact_frame(redact, bytes, size, left), -EBADMSG);
	(void)redact_free(redact);
}

static void assert_refused(const char *list, const char *expected)
{
	char problem[TARGET_PROBLEM];
	struct redact *redact;

	assert_int_equal(redact_new(&redact, list, problem), -EINVAL);
	assert_string_equal(problem, expected);
}

static void other_words_are_refused_with_the_list(void **state)
{
	static const char empty[] =
		"--redact takes args, exe, comm, addresses, with commas between them";
	struct redact *redact = make("comm,args,comm");

	assert_string_equal(redact_words(redact), "args,comm");
	(void)redact_free(redact);
	assert_refused("args,pid", "--redact does not know 'pid': it takes args, exe, comm, "
				   "addresses, with commas between them");
	assert_refused("arg", "--redact does not know 'arg': it takes args, exe, comm, "
			      "addresses, with commas between them");
	assert_refused("\x1b[2J", "--redact does not know '\\x1b[2J': it takes args, exe, comm, "
				  "addresses, with commas between them");
	assert_refused("", empty);
	assert_refused("args,", empty);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_word_takes_its_own_and_nothing_else),
		cmocka_unit_test(no_field_that_sounds_private_is_forgotten),
		cmocka_unit_test(what_a_newer_version_has_added_does_not_leave),
		cmocka_unit_test(an_item_is_unpacked_again),
		cmocka_unit_test(bytes_that_are_no_record_are_refused),
		cmocka_unit_test(other_words_are_refused_with_the_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
