/* SPDX-License-Identifier: Apache-2.0 */
/* One table of rows: getopt_long's tables and the text of --help are made from it. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <string.h>

#include "proto/base/utf8.h"
#include "streamer/encode/probe.h"
#include "streamer/options-part.h"

#define CRITICAL_RING_BYTES (512u * 1024)

struct row {
	const char *name;
	char letter; /* 0: none */
	const char *arg;
	const char *help; /* lines end with \n except the last */
	int (*set)(struct parse *parse, const char *value);
};

static int set_count(struct parse *parse, const char *value)
{
	return options_number(parse, "-c", value, 1, LLONG_MAX, &parse->options->pipeline.count);
}

static int set_flush_each(struct parse *parse, const char *value)
{
	parse->options->pipeline.flush_each = true;
	return 0;
}

static bool is_utf8(const char *s)
{
	char clean[OPTIONS_LABEL_VALUE_MAX * UTF8_GROWTH];
	size_t n = strlen(s);

	return n <= OPTIONS_LABEL_VALUE_MAX && utf8_clean(clean, s, n) == n && !memcmp(clean, s, n);
}

static int set_label(struct parse *parse, const char *value)
{
	struct header_config *header = &parse->options->pipeline.header;
	size_t n = strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				 "_.-/");

	if (!n || n > OPTIONS_LABEL_KEY_MAX || value[n] != '=' || !is_utf8(value + n + 1))
		return options_bad(
			parse,
			"--label '%s': accepts KEY=VALUE, KEY of up to %u letters, digits and "
			"_.-/, VALUE of up to %u bytes of UTF-8",
			value, OPTIONS_LABEL_KEY_MAX, OPTIONS_LABEL_VALUE_MAX);
	for (size_t i = 0; i < header->n_labels; i++)
		if (header->labels[i].key_size == n && !memcmp(header->labels[i].key, value, n))
			return options_bad(parse, "--label '%s': accepts each key once", value);
	if (header->n_labels == HEADER_LABELS_MAX)
		return options_bad(parse, "--label '%s': accepts at most %u labels", value,
				   HEADER_LABELS_MAX);
	header->labels[header->n_labels++] =
		(struct header_label){.key = value, .key_size = n, .value = value + n + 1};
	return 0;
}

static int set_host_name(struct parse *parse, const char *value)
{
	if (!value[0] || !is_utf8(value))
		return options_bad(parse, "--host-name '%s': accepts 1 to %u bytes of UTF-8", value,
				   OPTIONS_LABEL_VALUE_MAX);
	parse->options->pipeline.header.host_name = value;
	return 0;
}

static int set_counters_interval(struct parse *parse, const char *value)
{
	uint64_t v;
	int r = options_number(parse, "--counters-interval", value, 1, 3600, &v);

	if (!r)
		parse->options->pipeline.header.counters_interval = (uint32_t)v;
	return r;
}

static int set_doctor(struct parse *parse, const char *value)
{
	if (value && strcmp(value, "hold") != 0)
		return options_bad(parse, "--doctor=%s: accepts hold, or nothing", value);
	parse->options->doctor = true;
	parse->options->doctor_holds = value;
	return 0;
}

static int set_quiet(struct parse *parse, const char *value)
{
	parse->options->quiet = true;
	return 0;
}

static int set_help(struct parse *parse, const char *value)
{
	parse->outcome = OPTIONS_HELP;
	return 0;
}

static int set_version(struct parse *parse, const char *value)
{
	parse->outcome = OPTIONS_VERSION;
	return 0;
}

static const struct row rows[] = {
	{"write", 'w', "FILE",
	 "write to FILE instead of stdout (-); one that exists and is not\n"
	 "empty is refused, unless --append or --force. DIR/: the mode of a\n"
	 "service, files named by time in a folder, which is made if need be",
	 options_set_output},
	{"compress", 'z', "[=LEVEL]",
	 "compress with zstd, level 1 to 8 (default 3); names in .zst and\n"
	 "folders are compressed anyway, unless -z0",
	 options_set_level},
	{"append", 0, NULL, "write behind what the recording FILE already has", options_set_append},
	{"force", 0, NULL, "replace FILE; write to a terminal", options_set_force},
	{"max-size", 'C', "SIZE",
	 "begin another file at SIZE bytes, or K, M, G: FILE with a number in\n"
	 "its name (in DIR: default 64M, at most an eighth of --max-use)",
	 options_set_max_bytes},
	{"max-time", 'G', "SECONDS",
	 "begin another file after so long; %-conversions of strftime(3) in\n"
	 "FILE give its name, else a number (in DIR: default 3600)",
	 options_set_max_seconds},
	{"max-files", 'W', "COUNT", "keep the latest COUNT files, a ring; with -C, -G or DIR",
	 options_set_max_files},
	{"post-rotate", 0, "CMD", "run CMD FILE in a shell for each finished file",
	 options_set_post_rotate},
	{"max-use", 0, "SIZE",
	 "of DIR: delete the oldest files above it, also of earlier streams;\n"
	 "or N% of the file system (default 10%, at most 4G)",
	 options_set_max_use},
	{"keep-free", 0, "SIZE", "of DIR: delete them as long as less is free; or N%",
	 options_set_keep_free},
	{"max-age", 0, "TIME", "of DIR: delete files last written before that: 30d, 12h, 2weeks",
	 options_set_max_age},
	{"allow-shared-folder", 0, NULL,
	 "permit a DIR that others can write to, and put recordings into",
	 options_set_shared_folder},
	{"user", 0, "NAME",
	 "go on as this user once the probes are attached (default: ringside\n"
	 "if there is one, or who ran sudo, where the recording is in a folder\n"
	 "of his or there is no ringside)",
	 options_set_user},
	{"count", 'c', "COUNT", "stop after COUNT events", set_count},
	{"unbuffered", 'U', NULL, "write each event by itself, also in a storm", set_flush_each},
	{"probes", 0, "LIST",
	 "what to report: oom,seccomp (default: both), and tcp: how full\n"
	 "the TCP queues of each container are; bpf: all BPF programs and\n"
	 "maps of the machine, whose they are and what they take; signal:\n"
	 "who ended whom by SIGKILL, and whom the kernel did",
	 options_set_probes},
	{"bpf-stats", 0, NULL,
	 "of bpf: let the kernel count how often and how long each program\n"
	 "runs, which takes every run of every program some 70 ns longer",
	 options_set_bpf_stats},
	{"attach", 0, "MODE",
	 "auto, fentry, kprobe or tracepoint (default auto: the best that\n"
	 "works here)",
	 options_set_attach},
	{"build", 0, "MODE",
	 "core: the built-in programs, fitted by the kernel's BTF; legacy: of\n"
	 "these, those for kernels before 5.17; runtime: compiled here, with\n"
	 "clang and the kernel's headers (default auto: core, legacy where the\n"
	 "kernel is that old, runtime where there is no BTF)",
	 options_set_build},
	{"allow-syscall-tax", 0, NULL,
	 "permit hooks that cost every process on the machine about\n"
	 "0.2 us a system call, where there are no others",
	 options_set_syscall_tax},
	{"btf", 0, "FILE", "BTF of this kernel, if it does not carry its own", options_set_btf},
	{"rate", 0, "N[,BURST]",
	 "per container, system call, action and errno: BURST at once, then\n"
	 "N a second; the rest is counted (default 1,20; 0: no limit, nor\n"
	 "one per container unless --container-rate sets it)",
	 options_set_rate},
	{"container-rate", 0, "N",
	 "per container: N a second (default 1000; 0: no limit). OOM kills\n"
	 "are never limited",
	 options_set_container_rate},
	{"label", 0, "K=V", "put this into the stream's header; may be repeated", set_label},
	{"host-name", 0, "NAME", "name of this machine in the header", set_host_name},
	{"ring-size", 0, "SIZE",
	 "kernel buffer for all events but OOM kills, bytes or with K or M\n"
	 "(default 8M; rounded up to a power of two)",
	 options_set_ring_size},
	{"counters-interval", 0, "SECONDS", "write the sums this often, 1 to 3600 (default 10)",
	 set_counters_interval},
	{"doctor", 0, "[=hold]",
	 "attach, write how that went as a stream of two records, and end;\n"
	 "exit code 1 if a probe could not be attached. With hold (as for\n"
	 "`ringside doctor`): end when stdout is not read any more",
	 set_doctor},
	{"quiet", 'q', NULL, "no totals on stderr at the end", set_quiet},
	{"help", 'h', NULL, "print this", set_help},
	{"version", 0, NULL, "print the version", set_version},
};

/* Values of getopt_long: above all characters. */
#define ROW_BASE 256

/* "[=LEVEL]" */
static bool is_optional(size_t row)
{
	return rows[row].arg && rows[row].arg[0] == '[';
}

static void make_tables(struct option longs[], char *shorts)
{
	/* ':' first: a missing argument is told apart from an unknown option */
	*shorts++ = ':';
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		longs[i] = (struct option){
			.name = rows[i].name,
			.has_arg = !rows[i].arg     ? no_argument
				   : is_optional(i) ? optional_argument
						    : required_argument,
			.val = ROW_BASE + (int)i,
		};
		if (!rows[i].letter)
			continue;
		*shorts++ = rows[i].letter;
		if (rows[i].arg)
			*shorts++ = ':';
		if (is_optional(i))
			*shorts++ = ':';
	}
	*shorts = '\0';
	longs[ARRAY_SIZE(rows)] = (struct option){0};
}

static const struct row *find_row(int c)
{
	if (c >= ROW_BASE)
		return &rows[c - ROW_BASE];
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].letter == c)
			return &rows[i];
	return NULL;
}

static int refused(struct parse *parse, int c, char *const *argv)
{
	const struct row *row = optopt ? find_row(optopt) : NULL;
	const char *given = argv[optind - 1];

	if (c == ':' && row)
		return options_bad(parse, "%s needs an argument: %s", given, row->arg);
	if (row)
		return options_bad(parse, "%s takes no argument", given);
	if (optopt)
		return options_bad(parse, "unknown option '-%c': --help lists all", optopt);
	return options_bad(parse, "unknown option '%s': --help lists all", given);
}

static int check(struct parse *parse)
{
	struct options *options = parse->options;
	int r;

	if (options->doctor && (strcmp(options->sink.path, "-") != 0 || options->sink.level > 0))
		return options_bad(parse,
				   "--doctor writes to stdout, not to -w FILE, and without -z");
	r = options_check_kernel(parse);
	return r ? r : options_check_output(parse);
}

int options_parse(int argc, char **argv, struct options *ret, char *error, size_t size)
{
	struct options options = {
		.kernel = {.probes = probes_by_default(),
			   .critical_ring_bytes = CRITICAL_RING_BYTES,
			   .bulk_ring_bytes = 8u << 20,
			   .rate = 1,
			   .burst = 20,
			   .container_rate = 1000},
		.sink = {.path = "-", .level = SINK_LEVEL_BY_NAME},
		.pipeline.header.counters_interval = 10,
	};
	struct parse parse = {.options = &options, .error = error, .error_size = size};
	struct option longs[ARRAY_SIZE(rows) + 1];
	char shorts[3 * ARRAY_SIZE(rows) + 2];
	int c, r;

	make_tables(longs, shorts);
	optind = 0; /* glibc: start from the beginning, whoever parsed before */
	opterr = 0;
	while (!parse.outcome && (c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (c == '?' || c == ':')
			return refused(&parse, c, argv);
		r = find_row(c)->set(&parse, optarg);
		if (r < 0)
			return r;
	}
	if (!parse.outcome && optind < argc)
		return options_bad(
			&parse, "'%s' is too much: only options are accepted; a file goes with -w",
			argv[optind]);
	r = parse.outcome ? 0 : check(&parse);
	if (r < 0)
		return r;
	*ret = options;
	return parse.outcome;
}

void options_help(FILE *out)
{
	(void)fputs("usage: ringside-streamer [OPTION]...\n"
		    "Reports OOM kills and seccomp denials of the running kernel as a stream of\n"
		    "length-delimited protobuf records: ringside-streamer | ringside cat\n\n",
		    out);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		const char *line = row->help;
		char left[64];

		(void)snprintf(left, sizeof(left), "%s%c%s --%s%s%s", row->letter ? "-" : " ",
			       row->letter ? row->letter : ' ', row->letter ? "," : " ", row->name,
			       row->arg && !is_optional(i) ? " " : "", row->arg ? row->arg : "");
		for (;;) {
			int n = (int)strcspn(line, "\n");

			(void)fprintf(out, "  %-31s %.*s\n", line == row->help ? left : "", n,
				      line);
			if (!line[n])
				break;
			line += n + 1;
		}
	}
	(void)fputs(
		"\nEnds cleanly on SIGTERM and SIGINT; SIGUSR1 prints the totals so far; SIGHUP "
		"begins\n"
		"another file, or opens FILE again if it was moved away.\n"
		"Needs CAP_BPF and CAP_PERFMON (before Linux 5.11 also CAP_SYS_RESOURCE), or "
		"root.\n"
		"Exit code: 0 fine, 1 failed, 2 usage.\n",
		out);
}
