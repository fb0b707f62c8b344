/* SPDX-License-Identifier: Apache-2.0 */
/* One object, whose members stay as they are: others may be added. What is not known is absent. */
#include "consumer/base/json-page.h"
#include "consumer/doctor/doctor.h"
#include "consumer/kinds/kernel-kills.h"
#include "consumer/read/body.h"

#define JSON_VERSION 1

/* Of a message, which has them so. */
static void put_list(struct json_page *page, const char *name, char *const *texts, size_t n)
{
	json_add_texts(page, name, (const char *const *)texts, n);
}

static void put_machine(struct json_page *page, const Ringside__V1__Header *header)
{
	uint64_t kills;

	json_begin_object(page, "machine");
	json_add_text(page, "system", "Linux");
	json_add_known_text(page, "host", header->host_name);
	json_add_known_text(page, "kernel_release", header->kernel_release);
	json_add_known_text(page, "architecture", header->architecture);
	json_add_known_text(page, "streamer_version", header->streamer_version);
	json_add_known_uint(page, "possible_cpus", header->has_possible_cpus,
			    header->possible_cpus);
	if (kernel_kills_read(&header->base, &kills))
		json_add_uint(page, KERNEL_KILLS, kills);
	json_end_object(page);
}

static void put_costs(struct json_page *page, const char *name,
		      const struct syscall_cost costs[SYSCALL_COST_KINDS])
{
	static const char *const names[SYSCALL_COST_KINDS] = {
		[SYSCALL_COST_PLAIN] = "unfiltered",
		[SYSCALL_COST_ALLOWED] = "filtered",
		[SYSCALL_COST_DENIED] = "denied",
	};

	json_begin_object(page, name);
	for (int kind = 0; kind < SYSCALL_COST_KINDS; kind++) {
		json_begin_object(page, names[kind]);
		json_add_int(page, "nano", costs[kind].median);
		json_add_int(page, "noise_nano", costs[kind].noise);
		json_end_object(page);
	}
	json_end_object(page);
}

static void put_added(const struct diagnosis *diagnosis, struct json_page *page,
		      const Ringside__V1__Probe *probe, int tier)
{
	struct syscall_cost costs[SYSCALL_COST_KINDS];

	if (diagnosis_cost(diagnosis, probe, tier, costs))
		put_costs(page, "measured", costs);
}

static void put_tier(const struct diagnosis *diagnosis, struct json_page *page,
		     const Ringside__V1__Probe *probe, int tier)
{
	struct offer offer;

	diagnosis_offer(diagnosis, probe, tier, &offer);
	json_begin_object(page, NULL);
	json_add_text(page, "tier", body_tier(tier));
	json_add_text(page, "state", diagnosis_state(offer.state));
	json_add_bool(page, "needs_syscall_tax", offer.needs_leave);
	if (offer.probe) {
		put_list(page, "hooks", offer.probe->hooks, offer.probe->n_hooks);
		put_list(page, "blind_spots", offer.probe->blind_spots, offer.probe->n_blind_spots);
		json_add_known_text(page, "cost", offer.probe->cost);
		put_added(diagnosis, page, probe, tier);
	} else {
		json_add_texts(page, "reasons", offer.reasons, offer.n_reasons);
	}
	json_end_object(page);
}

static void put_probe(const struct diagnosis *diagnosis, struct json_page *page,
		      const Ringside__V1__Probe *probe)
{
	json_begin_object(page, NULL);
	json_add_known_text(page, "kind", probe->kind);
	json_add_bool(page, "attached", diagnosis_is_attached(probe));
	if (diagnosis_is_attached(probe))
		json_add_known_text(page, "tier", body_tier((int)probe->tier));
	if (probe->has_self_tested)
		json_add_bool(page, "self_tested", probe->self_tested);
	json_begin_list(page, "tiers");
	for (int tier = diagnosis_next_tier(probe, 0); tier;
	     tier = diagnosis_next_tier(probe, tier))
		put_tier(diagnosis, page, probe, tier);
	json_end_list(page);
	json_end_object(page);
}

static void put_memory(struct json_page *page, const Ringside__V1__Header *header)
{
	json_begin_object(page, "memory");
	json_add_known_uint(page, "critical_ring_bytes", header->has_critical_ring_bytes,
			    header->critical_ring_bytes);
	json_add_known_uint(page, "bulk_ring_bytes", header->has_bulk_ring_bytes,
			    header->bulk_ring_bytes);
	json_add_known_uint(page, "map_bytes", header->has_map_bytes, header->map_bytes);
	json_end_object(page);
}

/* 0 stands for no limit. */
static void put_limits(struct json_page *page, const Ringside__V1__Limits *limits)
{
	json_begin_object(page, "limits");
	json_add_known_uint(page, "per_second", limits->has_per_second, limits->per_second);
	json_add_known_uint(page, "burst", limits->has_burst, limits->burst);
	json_add_known_uint(page, "container_per_second", limits->has_container_per_second,
			    limits->container_per_second);
	json_add_known_uint(page, "containers", limits->has_containers, limits->containers);
	json_end_object(page);
}

static void put_privileges(struct json_page *page, const Ringside__V1__Privileges *left)
{
	json_begin_object(page, "privileges");
	json_add_bool(page, "seccomp_filter", left->seccomp_filter);
	json_add_known_text(page, "user", left->user);
	json_add_known_uint(page, "uid", left->has_uid, left->uid);
	json_add_known_uint(page, "landlock", left->has_landlock, left->landlock);
	put_list(page, "capabilities", left->capabilities, left->n_capabilities);
	put_list(page, "kept", left->kept, left->n_kept);
	json_end_object(page);
}

static void put_header(struct json_page *page, const struct diagnosis *diagnosis)
{
	const Ringside__V1__Header *header = diagnosis->header;
	struct remedy remedy;

	put_machine(page, header);
	json_begin_list(page, "probes");
	for (size_t i = 0; i < header->n_probes; i++)
		put_probe(diagnosis, page, header->probes[i]);
	json_end_list(page);
	put_memory(page, header);
	if (header->limits)
		put_limits(page, header->limits);
	if (header->privileges)
		put_privileges(page, header->privileges);
	put_list(page, "notes", header->notes, header->n_notes);
	if (diagnosis->before.known)
		put_costs(page, "without_hooks", diagnosis->before.of);
	diagnosis_remedy(diagnosis, &remedy);
	json_add_known_text(page, "command", remedy.command);
	json_add_known_text(page, "advice", remedy.text);
}

static void put_whys(struct json_page *page)
{
	struct doctor_why whys[DOCTOR_WHYS];
	const size_t n = doctor_why(whys);
	const char *texts[DOCTOR_WHYS] = {0};
	size_t first = 0;

	for (size_t i = 0; i < n; i++)
		texts[i] = whys[i].text;
	json_add_texts(page, "missing", texts, n);
	while (first < n && !whys[first].command[0])
		first++;
	json_add_known_text(page, "command", first < n ? whys[first].command : NULL);
}

void doctor_json(struct writer *writer, const struct diagnosis *diagnosis)
{
	struct json_page page = json_begin_page(writer);

	json_add_uint(&page, "version", JSON_VERSION);
	json_add_bool(&page, "works", diagnosis->header && diagnosis_works(diagnosis));
	if (diagnosis->header)
		put_header(&page, diagnosis);
	else
		put_whys(&page);
	json_end_page(&page);
}
