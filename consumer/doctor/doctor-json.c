/* SPDX-License-Identifier: Apache-2.0 */
/* One object, whose members stay as they are: others may be added. What is not known is absent. */
#include <string.h>

#include "consumer/base/json.h"
#include "consumer/base/text-line.h"
#include "consumer/doctor/doctor.h"
#include "proto/base/util.h"

#define JSON_VERSION 1

static void put_bool(struct writer *writer, const char *before, const char *name, bool v)
{
	json_member(writer, before, name);
	writer_string(writer, v ? "true" : "false");
}

static void put_text(struct writer *writer, const char *before, const char *name, const char *text)
{
	if (!text_has(text))
		return;
	json_member(writer, before, name);
	json_string(writer, text, strlen(text));
}

static void put_list(struct writer *writer, const char *name, const char *const *texts, size_t n)
{
	json_member(writer, ",", name);
	writer_string(writer, "[");
	for (size_t i = 0; i < n; i++) {
		writer_string(writer, i ? "," : "");
		json_string(writer, texts[i], strlen(texts[i]));
	}
	writer_string(writer, "]");
}

static void put_machine(struct writer *writer, const Ringside__V1__Header *header)
{
	const char *before = ",";

	json_member(writer, ",", "machine");
	put_text(writer, "{", "system", "Linux");
	put_text(writer, ",", "host", header->host_name);
	put_text(writer, ",", "kernel_release", header->kernel_release);
	put_text(writer, ",", "architecture", header->architecture);
	put_text(writer, ",", "streamer_version", header->streamer_version);
	json_member_known(writer, &before, "possible_cpus", header->has_possible_cpus,
			  header->possible_cpus);
	json_member_known(writer, &before, "kernel_oom_kills", header->has_kernel_oom_kills,
			  header->kernel_oom_kills);
	writer_string(writer, "}");
}

static void put_cost(struct writer *writer, const char *before, enum syscall_cost_kind kind,
		     const struct syscall_cost *cost)
{
	static const char *const names[SYSCALL_COST_KINDS] = {
		[SYSCALL_COST_PLAIN] = "unfiltered",
		[SYSCALL_COST_ALLOWED] = "filtered",
		[SYSCALL_COST_DENIED] = "denied",
	};

	json_member(writer, before, names[kind]);
	writer_string(writer, "{\"nano\":");
	json_int(writer, cost->median);
	writer_string(writer, ",\"noise_nano\":");
	json_int(writer, cost->noise);
	writer_string(writer, "}");
}

static void put_added(const struct diagnosis *diagnosis, struct writer *writer,
		      const Ringside__V1__Probe *probe, int tier)
{
	struct syscall_cost cost;

	for (int kind = 0; kind < SYSCALL_COST_KINDS; kind++) {
		if (!diagnosis_cost(diagnosis, probe, tier, kind, &cost))
			return;
		if (!kind)
			json_member(writer, ",", "measured");
		put_cost(writer, kind ? "," : "{", kind, &cost);
	}
	writer_string(writer, "}");
}

static void put_tier(const struct diagnosis *diagnosis, struct writer *writer,
		     const Ringside__V1__Probe *probe, int tier)
{
	struct offer offer;

	diagnosis_offer(diagnosis, probe, tier, &offer);
	put_text(writer, "{", "tier", diagnosis_tier(tier));
	put_text(writer, ",", "state", diagnosis_state(offer.state));
	put_bool(writer, ",", "needs_syscall_tax", offer.needs_leave);
	if (offer.probe) {
		put_list(writer, "hooks", (const char *const *)offer.probe->hooks,
			 offer.probe->n_hooks);
		put_list(writer, "blind_spots", (const char *const *)offer.probe->blind_spots,
			 offer.probe->n_blind_spots);
		put_text(writer, ",", "cost", offer.probe->cost);
		put_added(diagnosis, writer, probe, tier);
	} else {
		put_list(writer, "reasons", offer.reasons, offer.n_reasons);
	}
	writer_string(writer, "}");
}

static void put_probe(const struct diagnosis *diagnosis, struct writer *writer,
		      const Ringside__V1__Probe *probe)
{
	const char *before = "";

	put_text(writer, "{", "kind", probe->kind);
	put_bool(writer, text_has(probe->kind) ? "," : "{", "attached",
		 diagnosis_is_attached(probe));
	if (diagnosis_is_attached(probe))
		put_text(writer, ",", "tier", diagnosis_tier((int)probe->tier));
	if (probe->has_self_tested)
		put_bool(writer, ",", "self_tested", probe->self_tested);
	json_member(writer, ",", "tiers");
	writer_string(writer, "[");
	for (int tier = diagnosis_next_tier(probe, 0); tier;
	     tier = diagnosis_next_tier(probe, tier)) {
		writer_string(writer, before);
		put_tier(diagnosis, writer, probe, tier);
		before = ",";
	}
	writer_string(writer, "]}");
}

static void put_memory(struct writer *writer, const Ringside__V1__Header *header)
{
	const char *before = "";

	json_member(writer, ",", "memory");
	writer_string(writer, "{");
	json_member_known(writer, &before, "critical_ring_bytes", header->has_critical_ring_bytes,
			  header->critical_ring_bytes);
	json_member_known(writer, &before, "bulk_ring_bytes", header->has_bulk_ring_bytes,
			  header->bulk_ring_bytes);
	json_member_known(writer, &before, "map_bytes", header->has_map_bytes, header->map_bytes);
	writer_string(writer, "}");
}

/* 0 stands for no limit. */
static void put_limits(struct writer *writer, const Ringside__V1__Limits *limits)
{
	const char *before = "";

	json_member(writer, ",", "limits");
	writer_string(writer, "{");
	json_member_known(writer, &before, "per_second", limits->has_per_second,
			  limits->per_second);
	json_member_known(writer, &before, "burst", limits->has_burst, limits->burst);
	json_member_known(writer, &before, "container_per_second", limits->has_container_per_second,
			  limits->container_per_second);
	json_member_known(writer, &before, "containers", limits->has_containers,
			  limits->containers);
	writer_string(writer, "}");
}

static void put_privileges(struct writer *writer, const Ringside__V1__Privileges *left)
{
	json_member(writer, ",", "privileges");
	put_bool(writer, "{", "seccomp_filter", left->seccomp_filter);
	put_text(writer, ",", "user", left->user);
	if (left->has_uid)
		json_member_uint(writer, ",", "uid", left->uid);
	if (left->has_landlock)
		json_member_uint(writer, ",", "landlock", left->landlock);
	put_list(writer, "capabilities", (const char *const *)left->capabilities,
		 left->n_capabilities);
	put_list(writer, "kept", (const char *const *)left->kept, left->n_kept);
	writer_string(writer, "}");
}

static void put_header(struct writer *writer, const struct diagnosis *diagnosis)
{
	const Ringside__V1__Header *header = diagnosis->header;
	struct remedy remedy;

	put_machine(writer, header);
	json_member(writer, ",", "probes");
	writer_string(writer, "[");
	for (size_t i = 0; i < header->n_probes; i++) {
		writer_string(writer, i ? "," : "");
		put_probe(diagnosis, writer, header->probes[i]);
	}
	writer_string(writer, "]");
	put_memory(writer, header);
	if (header->limits)
		put_limits(writer, header->limits);
	if (header->privileges)
		put_privileges(writer, header->privileges);
	put_list(writer, "notes", (const char *const *)header->notes, header->n_notes);
	for (int kind = 0; diagnosis->before.known && kind < SYSCALL_COST_KINDS; kind++) {
		if (!kind)
			json_member(writer, ",", "without_hooks");
		put_cost(writer, kind ? "," : "{", kind, &diagnosis->before.of[kind]);
	}
	writer_string(writer, diagnosis->before.known ? "}" : "");
	diagnosis_remedy(diagnosis, &remedy);
	put_text(writer, ",", "command", remedy.command);
	put_text(writer, ",", "advice", remedy.text);
}

static void put_whys(struct writer *writer)
{
	struct doctor_why whys[DOCTOR_WHYS];
	const size_t n = doctor_why(whys);
	const char *texts[DOCTOR_WHYS] = {0};

	for (size_t i = 0; i < n; i++)
		texts[i] = whys[i].text;
	put_list(writer, "missing", texts, n);
	for (size_t i = 0; i < n; i++) {
		if (!whys[i].command[0])
			continue;
		put_text(writer, ",", "command", whys[i].command);
		break;
	}
}

void doctor_json(struct writer *writer, const struct diagnosis *diagnosis)
{
	writer_string(writer, "{\"version\":");
	json_uint(writer, JSON_VERSION);
	put_bool(writer, ",", "works", diagnosis->header && diagnosis_works(diagnosis));
	if (diagnosis->header)
		put_header(writer, diagnosis);
	else
		put_whys(writer);
	writer_string(writer, "}\n");
}
