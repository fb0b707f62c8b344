/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of the journal: every kind that tells of something has a MESSAGE_ID, an explanation, and
 * names of fields that journald takes. */
#include <endian.h>

#include "consumer/journal/journal-entry.h"
#include "consumer/kinds/message-ids.h"
#include "consumer/read/body.h"
#include "tests/lib/test.h"

#define CATALOG TESTDATA "/../consumer/journal/ringside.catalog"
#define NAME_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

/* protobuf-c's strings are not const. */
#define TEXT(s) ((char *)(uintptr_t)(s))

static const char *id_of(unsigned body)
{
	const Ringside__V1__Record record = {.body_case = (Ringside__V1__Record__BodyCase)body};

	return message_id(&record);
}

static char *read_catalog(void)
{
	static char text[65536];
	FILE *f = fopen(CATALOG, "re");
	size_t n;

	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	(void)fclose(f);
	text[n] = '\0';
	return text;
}

static void every_kind_that_tells_of_something_has_an_id(void **state)
{
	const ProtobufCMessageDescriptor *type = &ringside__v1__record__descriptor;
	const char *ids[64];
	unsigned n = 0;

	for (unsigned i = 0; i < type->n_fields; i++) {
		const unsigned body = type->fields[i].id;
		const char *id = id_of(body);

		if (!(type->fields[i].flags & PROTOBUF_C_FIELD_FLAG_ONEOF)) {
			assert_null(id);
			continue;
		}
		assert_int_equal(id != NULL, body_kind_is_event(body) ||
						     body == RINGSIDE__V1__RECORD__BODY_LOST ||
						     body == RINGSIDE__V1__RECORD__BODY_LIMITED);
		if (!id)
			continue;
		assert_int_equal(strlen(id), 32);
		assert_int_equal(strspn(id, "0123456789abcdef"), 32);
		for (unsigned k = 0; k < n; k++)
			assert_string_not_equal(ids[k], id);
		ids[n++] = id;
	}
	assert_true(n >= 5);
}

/* The catalog prints the bare name of a field that is not there. */
static void each_has_an_explanation_with_fields_that_are_always_there(void **state)
{
	const char *text = read_catalog();
	unsigned explained = 0;

#define ROW(name, id) assert_non_null(strstr(text, "\n-- " id "\nSubject: "));
	MESSAGE_IDS(ROW)
#undef ROW
#define ROW(name, id) +1
	for (const char *p = text; (p = strstr(p, "\n-- ")); p++)
		explained++;
	assert_int_equal(explained, 0 MESSAGE_IDS(ROW));
#undef ROW
	text = strstr(text, "\n-- ");
	for (const char *p = strchr(text, '@'), *end; p; p = strchr(end + 1, '@')) {
		end = strchr(p + 1, '@');
		assert_non_null(end);
		assert_true(!strncmp(p, "@MESSAGE@", 9) || !strncmp(p, "@RINGSIDE_ADVICE@", 17));
	}
}

/* journald drops a field with another name without a word. */
static void the_names_of_fields_are_taken_by_journald(void **state)
{
	_cleanup_(journal_fields_freep) struct journal_fields *fields = NULL;
	bool has_container_id = false;
	const char *name;

	assert_ok(journal_fields_new(&fields));
	for (size_t i = 0; (name = journal_fields_name(fields, i)); i++) {
		assert_true(strlen(name) <= JOURNAL_NAME_MAX);
		assert_int_equal(strspn(name, NAME_CHARS), strlen(name));
		assert_int_equal(strncmp(name, JOURNAL_PREFIX, strlen(JOURNAL_PREFIX)), 0);
		has_container_id |= !strcmp(name, "RINGSIDE_CONTAINER_ID");
	}
	assert_true(has_container_id);
}

struct fixture {
	Ringside__V1__Record record;
	Ringside__V1__Header header;
	Ringside__V1__SeccompDenial denial;
	Ringside__V1__Process process;
	uint64_t args[6];
	struct target_item item;
};

static void make_denial(struct fixture *f)
{
	static const uint8_t stream_id[TARGET_ID] = {0xab, [15] = 1};

	*f = (struct fixture){.args = {1, 1, 0xffffffffffffffff, 0, 2, 3}};
	ringside__v1__record__init(&f->record);
	ringside__v1__header__init(&f->header);
	ringside__v1__seccomp_denial__init(&f->denial);
	ringside__v1__process__init(&f->process);
	f->process.has_pid = 1;
	f->process.pid = 7;
	f->process.comm = TEXT("a\nb");
	f->denial.process = &f->process;
	f->denial.has_action = 1;
	f->denial.action = RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_ERRNO;
	f->denial.n_args = 6;
	f->denial.args = f->args;
	f->record.body_case = RINGSIDE__V1__RECORD__BODY_SECCOMP_DENIAL;
	f->record.seccomp_denial = &f->denial;
	f->item = (struct target_item){
		.stream_id = stream_id,
		.seq = 17,
		.last_seq = 17,
		.kind = "seccomp_denial",
		.host = "web-1",
		.record = &f->record,
		.header = &f->header,
		.event = true,
		.redacted = "",
	};
}

/* Of an entry, whether it has this line. */
static bool has_line(const struct journal_entry *entry, const char *line)
{
	return memmem(entry->data, entry->size, line, strlen(line));
}

static void an_entry_has_what_the_record_says(void **state)
{
	_cleanup_(journal_fields_freep) struct journal_fields *fields = NULL;
	struct journal_entry entry = {0};
	struct fixture f;

	assert_ok(journal_fields_new(&fields));
	make_denial(&f);
	assert_ok(journal_entry_make(&entry, fields, &f.item));
	assert_true(has_line(&entry, "\nRINGSIDE_ARGS=0x1 0x1 0xffffffffffffffff 0x0 0x2 0x3\n"));
	assert_true(has_line(&entry, "\nRINGSIDE_ACTION=ERRNO\n"));
	assert_true(has_line(&entry, "\nRINGSIDE_PROCESS_PID=7\n"));
	assert_true(has_line(&entry, "\nRINGSIDE_SEQ=17\n"));
	assert_true(has_line(&entry, "\nRINGSIDE_STREAM_ID=ab000000000000000000000000000001\n"));
	assert_true(has_line(&entry, "\nSYSLOG_IDENTIFIER=ringside\n"));
	assert_true(has_line(&entry, "\nRINGSIDE_HOST=web-1\n"));
	assert_true(has_line(&entry, "MESSAGE=host: a\\x0ab[7] "));
	assert_false(has_line(&entry, "RINGSIDE_REDACTED"));
	assert_false(has_line(&entry, "RINGSIDE_LEFT_OUT"));
	assert_false(has_line(&entry, "OBJECT_PID"));
	f.item.redacted = "comm";
	f.item.filtered = true;
	f.item.previous_seq = 12;
	f.item.left_out = 9;
	assert_ok(journal_entry_make(&entry, fields, &f.item));
	assert_true(has_line(&entry, "\nRINGSIDE_REDACTED=comm\n"));
	assert_true(has_line(&entry, "\nRINGSIDE_PREVIOUS_SEQ=12\n"));
	assert_true(has_line(&entry, "\nRINGSIDE_LEFT_OUT=9\n"));
	free(entry.data);
}

/* Else it would be the end of the field, and what follows another one. */
static void a_value_with_a_newline_has_its_size_before_it(void **state)
{
	struct journal_entry entry = {0};
	const uint64_t size = htole64(3);

	journal_entry_put(&entry, "A", "b=c", 3);
	journal_entry_put(&entry, "D", "e\nf", 3);
	journal_entry_put(&entry, "G", "", 0);
	assert_int_equal(entry.size, 6 + 2 + 8 + 4 + 3);
	assert_memory_equal(entry.data, "A=b=c\nD\n", 8);
	assert_memory_equal(entry.data + 8, &size, 8);
	assert_memory_equal(entry.data + 16, "e\nf\nG=\n", 7);
	free(entry.data);
}

static void what_tells_of_the_stream_alone_is_left_out(void **state)
{
	_cleanup_(journal_fields_freep) struct journal_fields *fields = NULL;
	struct journal_entry entry = {0};
	struct fixture f;

	assert_ok(journal_fields_new(&fields));
	make_denial(&f);
	f.record.body_case = RINGSIDE__V1__RECORD__BODY_HEADER;
	f.record.header = &f.header;
	assert_int_equal(journal_entry_make(&entry, fields, &f.item), JOURNAL_SKIP);
	assert_null(entry.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_that_tells_of_something_has_an_id),
		cmocka_unit_test(each_has_an_explanation_with_fields_that_are_always_there),
		cmocka_unit_test(the_names_of_fields_are_taken_by_journald),
		cmocka_unit_test(an_entry_has_what_the_record_says),
		cmocka_unit_test(a_value_with_a_newline_has_its_size_before_it),
		cmocka_unit_test(what_tells_of_the_stream_alone_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
