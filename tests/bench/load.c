/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/load.h"

#include "tests/lib/denial.h"

static void add_paths(struct wire_record *record)
{
	record_path(record, &record->denial.process.exe, "/usr/sbin/nginx");
	record_path(record, &record->denial.cgroup.path, POD "/cri-containerd-" ID ".scope");
}

static void storm(struct wire_record *record, unsigned i)
{
	struct wire_seccomp_denial *denial = &record->denial;

	denial->process.pid += 2 * (i / 2 % 4);
	denial->process.tid = denial->process.pid + i % 2;
	denial->process.start_boottime += i / 2 % 4;
	denial->cgroup.id = denial->key.cgroup_id += i / 4 % 2;
	denial->key.nr += (int)(i / 8 % 2);
}

static void node(struct wire_record *record, unsigned i)
{
	struct wire_seccomp_denial *denial = &record->denial;

	denial->process.pid += i % 64;
	denial->process.tid = denial->process.pid;
	denial->process.start_boottime += i % 64;
	denial->cgroup.id = denial->key.cgroup_id += i % 16;
	denial->key.nr += (int)(i / 64 % 3);
	denial->ip += i;
	for (unsigned k = 0; k < 6; k++)
		denial->args[k] += (uint64_t)i << 2 * k;
	if (i % 33 == 0)
		add_paths(record);
}

/* As it is reserved. */
static void put_record(struct flood_record *to, const struct wire_record *record)
{
	to->size =
		record->head.size > sizeof(record->denial) ? sizeof(to->bytes) : sizeof(to->denial);
	memcpy(to->bytes, record, to->size);
}

static void put_first(struct flood_record *to, struct wire_record record)
{
	record.head.size = sizeof(record.denial);
	add_paths(&record);
	put_record(to, &record);
}

/* The encoder says what the event is, once it has been told the paths. */
static Ringside__V1__Record *make_message(struct encoder *encoder, const struct flood_record *first)
{
	static uint8_t frame[ENCODER_FRAME_MAX];
	const struct record_stamp stamp = RECORD_STAMP;
	size_t size;

	if (encoder_event(encoder, &first->denial.head, first->size, &stamp, frame, &size) < 0)
		abort();
	return record_decode(frame, size);
}

static struct load *load_new(const char *name, void (*vary)(struct wire_record *, unsigned))
{
	static const struct kubelet nowhere = {};
	struct load *load = calloc(1, sizeof(*load));
	struct encoder *encoder;

	if (!load || encoder_new(&encoder, &nowhere) < 0)
		abort();
	load->name = name;
	for (unsigned i = 0; i < FLOOD_RECORDS; i++) {
		struct wire_record record;

		fill_denial(&record);
		vary(&record, i);
		record.head.flags = i << 8;
		put_record(&load->records[i], &record);
		put_first(&load->first[i], record);
		load->messages[i] = make_message(encoder, &load->first[i]);
	}
	(void)encoder_free(encoder);
	return load;
}

struct load *load_storm(void)
{
	return load_new("storm", storm);
}

struct load *load_node(void)
{
	return load_new("node", node);
}

struct load *load_free(struct load *load)
{
	if (!load)
		return NULL;
	for (unsigned i = 0; i < FLOOD_RECORDS; i++)
		ringside__v1__record__free_unpacked(load->messages[i], NULL);
	free(load);
	return NULL;
}
