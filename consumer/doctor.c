/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "line.h"
#include "text-part.h"
#include "util.h"

#define ROW_SIZE 2048
#define COLUMN 16
#define SENTENCE_MAX 512
#define SECOND UINT64_C(1000000000)

static const char *const defaults[] = {"oom_kill", "seccomp_denial"};

static bool attached(const Ringside__V1__Probe *probe)
{
	return probe->has_tier && probe->tier != RINGSIDE__V1__TIER__TIER_UNSPECIFIED;
}

static const Ringside__V1__Probe *find(const Ringside__V1__Header *header, const char *kind)
{
	for (size_t i = 0; i < header->n_probes; i++)
		if (text_equal(header->probes[i]->kind, kind))
			return header->probes[i];
	return NULL;
}

static bool works(const Ringside__V1__Header *header, const char *kind)
{
	const Ringside__V1__Probe *probe = find(header, kind);

	return probe && attached(probe);
}

bool doctor_works(const Ringside__V1__Header *header)
{
	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++)
		if (!works(header, defaults[i]))
			return false;
	return true;
}

/* A row is a name in the first column and a text behind it. */
static struct line row(char *buf, const char *name)
{
	struct line line = line_make(buf, ROW_SIZE - 1);
	size_t width = strlen(name);

	line_safe(&line, name, TEXT_NAME_MAX);
	line_pad(&line, width < COLUMN ? COLUMN - width : 1);
	return line;
}

static void row_end(struct writer *writer, struct line *line)
{
	size_t size = line_end(line);

	line->start[size] = '\n';
	writer_put(writer, line->start, size + 1);
}

static void sentence(struct writer *writer, const char *name, const char *text)
{
	char buf[ROW_SIZE];
	struct line line = row(buf, name);

	line_safe(&line, text, SENTENCE_MAX);
	row_end(writer, &line);
}

static void put_tier(struct line *line, int tier)
{
	text_enum(line, &ringside__v1__tier__descriptor, tier, "TIER_");
}

static void put_state(struct writer *writer, const Ringside__V1__Probe *probe)
{
	char buf[ROW_SIZE];
	struct line line = row(buf, text_has(probe->kind) ? probe->kind : "?");

	if (!attached(probe)) {
		line_text(&line, "NOT ATTACHED");
		row_end(writer, &line);
		return;
	}
	line_text(&line, "attached by ");
	put_tier(&line, probe->tier);
	for (size_t i = 0; i < probe->n_hooks; i++) {
		line_text(&line, i ? ", " : " (");
		line_safe(&line, probe->hooks[i], TEXT_NAME_MAX);
	}
	line_text(&line, probe->n_hooks ? ")" : "");
	line_text(&line, probe->self_tested ? "; an event made on purpose arrived" : "");
	row_end(writer, &line);
}

static void put_attempts(struct writer *writer, const Ringside__V1__Probe *probe)
{
	for (size_t i = 0; i < probe->n_attempts; i++) {
		const Ringside__V1__Attempt *attempt = probe->attempts[i];
		char buf[ROW_SIZE];
		struct line line = row(buf, i ? "" : "  tried");

		put_tier(&line, attempt->tier);
		line_text(&line, attempt->ok ? ": works" : ": ");
		if (!attempt->ok)
			line_safe(&line,
				  text_has(attempt->error) ? attempt->error : "does not work",
				  SENTENCE_MAX);
		row_end(writer, &line);
	}
}

static void put_probe(struct writer *writer, const Ringside__V1__Probe *probe)
{
	put_state(writer, probe);
	for (size_t i = 0; i < probe->n_blind_spots; i++)
		sentence(writer, i ? "" : "  cannot see", probe->blind_spots[i]);
	if (text_has(probe->cost))
		sentence(writer, "  costs", probe->cost);
	put_attempts(writer, probe);
	writer_string(writer, "\n");
}

static void put_machine(struct writer *writer, const Ringside__V1__Header *header)
{
	char buf[ROW_SIZE];
	struct line line = row(buf, "machine");

	line_safe(&line, text_has(header->host_name) ? header->host_name : "?", TEXT_NAME_MAX);
	line_text(&line, ", Linux ");
	line_safe(&line, header->kernel_release, TEXT_NAME_MAX);
	line_text(&line, " ");
	line_safe(&line, header->architecture, TEXT_NAME_MAX);
	if (header->has_possible_cpus) {
		line_text(&line, ", ");
		line_count(&line, header->possible_cpus);
		line_text(&line, header->possible_cpus == 1 ? " CPU" : " CPUs");
	}
	if (text_has(header->streamer_version)) {
		line_text(&line, ", ringside-streamer ");
		line_safe(&line, header->streamer_version, TEXT_NAME_MAX);
	}
	row_end(writer, &line);
	if (header->has_kernel_oom_kills) {
		line = row(buf, "OOM kills");
		line_count(&line, header->kernel_oom_kills);
		line_text(&line, " since boot, the kernel says");
		row_end(writer, &line);
	}
	writer_string(writer, "\n");
}

static void put_rate(struct line *line, const Ringside__V1__Limits *limits)
{
	if (limits->per_second) {
		line_count(line, limits->burst);
		line_text(line, " at once, then ");
		line_count(line, limits->per_second);
		line_text(line, " a second of each container, system call, action and errno");
	}
	if (limits->container_per_second) {
		line_text(line, limits->per_second ? "; " : "");
		line_count(line, limits->container_per_second);
		line_text(line, " a second of each container");
	}
	if (!limits->per_second && !limits->container_per_second)
		line_text(line, "none");
}

static void put_resources(struct writer *writer, const Ringside__V1__Header *header)
{
	char buf[ROW_SIZE];
	struct line line = row(buf, "buffers");

	if (header->has_critical_ring_bytes && header->has_bulk_ring_bytes) {
		line_bytes(&line, header->critical_ring_bytes);
		line_text(&line, " for OOM kills, ");
		line_bytes(&line, header->bulk_ring_bytes);
		line_text(&line, " for all else (--ring-size)");
		row_end(writer, &line);
	}
	if (header->limits) {
		line = row(buf, "limits");
		put_rate(&line, header->limits);
		row_end(writer, &line);
	}
	for (size_t i = 0; i < header->n_notes; i++)
		sentence(writer, i ? "" : "notes", header->notes[i]);
	writer_string(writer, "\n");
}

/* The hook that costs others something is the one that was not tried without permission. */
static bool tax_would_help(const Ringside__V1__Probe *probe)
{
	for (size_t i = 0; i < probe->n_attempts; i++) {
		const Ringside__V1__Attempt *attempt = probe->attempts[i];

		if (attempt->tier == RINGSIDE__V1__TIER__TIER_TRACEPOINT && !attempt->ok &&
		    text_has(attempt->error) && strstr(attempt->error, "--allow-syscall-tax"))
			return true;
	}
	return false;
}

static void put_cure(struct writer *writer, const char *kind, const Ringside__V1__Probe *probe)
{
	char buf[ROW_SIZE];
	struct line line = row(buf, "to do");

	line_text(&line, kind);
	if (!probe)
		line_text(&line, " was not asked for: add it to --probes");
	else if (tax_would_help(probe))
		line_text(
			&line,
			" works here with `ringside-streamer --allow-syscall-tax`: each system "
			"call of any process then takes about 0.2 µs longer. `ringside live` "
			"permits it by itself; `ringside doctor -- --allow-syscall-tax` tries it");
	else
		line_text(&line, " does not work here, for the reasons above");
	row_end(writer, &line);
}

void doctor_report(struct writer *writer, const Ringside__V1__Header *header)
{
	put_machine(writer, header);
	for (size_t i = 0; i < header->n_probes; i++)
		put_probe(writer, header->probes[i]);
	put_resources(writer, header);
	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++)
		if (!works(header, defaults[i]))
			put_cure(writer, defaults[i], find(header, defaults[i]));
	if (doctor_works(header))
		sentence(writer, "to do", "nothing: OOM kills and seccomp denials are seen");
}

/* Missing: an empty text. */
static void read_text(const char *path, char *buf, size_t size)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read_full(fd, buf, size - 1);

	buf[n > 0 ? n : 0] = '\0';
}

static void explain_privileges(struct writer *writer)
{
	static const struct {
		const char *name;
		unsigned bit;
	} needed[] = {{"CAP_BPF", 39}, {"CAP_PERFMON", 38}};
	const uint64_t admin = UINT64_C(1) << 21;
	char status[8192], buf[ROW_SIZE];
	const char *caps;
	uint64_t have;
	struct line line;
	bool any = false;

	read_text("/proc/self/status", status, sizeof(status));
	caps = strstr(status, "\nCapEff:");
	if (!caps)
		return;
	have = strtoull(caps + strlen("\nCapEff:"), NULL, 16);
	line = row(buf, "missing");
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
		if (have & (admin | UINT64_C(1) << needed[i].bit))
			continue;
		line_text(&line, any ? " and " : "");
		line_text(&line, needed[i].name);
		any = true;
	}
	line_text(&line, ": run it as root (sudo ringside doctor), or give the service these "
			 "capabilities");
	if (any)
		row_end(writer, &line);
}

void doctor_explain(struct writer *writer)
{
	char lockdown[128];

	explain_privileges(writer);
	if (access("/sys/kernel/btf/vmlinux", F_OK) < 0)
		sentence(writer, "missing",
			 "/sys/kernel/btf/vmlinux: this kernel does not carry its BTF; get the BTF "
			 "of "
			 "this very build and pass it with `ringside doctor -- --btf FILE`");
	read_text("/sys/kernel/security/lockdown", lockdown, sizeof(lockdown));
	if (strstr(lockdown, "[confidentiality]"))
		sentence(writer, "forbidden",
			 "kernel lockdown is in confidentiality mode, which forbids BPF to read "
			 "kernel "
			 "memory: boot with lockdown=integrity or none");
}
