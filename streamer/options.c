/* SPDX-License-Identifier: Apache-2.0 */
/* The table of all options. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "proto/base/options.h"
#include "proto/base/utf8.h"
#include "streamer/encode/probe-table.h"
#include "streamer/options-internal.h"

#define CRITICAL_RING_BYTES (512u * 1024)
#define HELP_COLUMN 34

#define MAX_FILES 10000u

struct setting {
	struct option_row row; /* first: what the parser gives back is one of ours */
	int (*set)(struct parse *parse, const char *value); /* NULL if there is none: */
	size_t offset;     /* where in struct options a flag is, a bool, or a number, an uint32_t */
	uint32_t min, max; /* what the number may be */
};

/* 0 * sizeof: the compiler compares the types. */
#define OFFSET(type, member)                                                                       \
	.offset = offsetof(struct options, member) +                                               \
		  0 * sizeof(&((struct options *)0)->member == (type *)0)
#define FLAG(member) OFFSET(bool, member)
#define NUMBER(member, least, most) OFFSET(uint32_t, member), .min = least, .max = most

static int set_count(struct parse *parse, const char *value)
{
	return options_number(parse, "-c", value, 1, LLONG_MAX, &parse->options->pipeline.count);
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

static int set_doctor(struct parse *parse, const char *value)
{
	if (value && strcmp(value, "hold") != 0)
		return options_bad(parse, "--doctor=%s: accepts hold, or nothing", value);
	parse->options->doctor = true;
	parse->options->doctor_holds = value;
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

static const struct setting settings[] = {
	{{'w', "write", "FILE",
	  "write to FILE instead of stdout (-); one that exists and is not\n"
	  "empty is refused, unless --append or --force. DIR/: the mode of a\n"
	  "service, files named by time in a folder, which is made if need be"},
	 .set = options_set_output},
	{{'z', "compress", "[=LEVEL]",
	  "compress with zstd, level 1 to 8 (default 3); names in .zst and\n"
	  "folders are compressed anyway, unless -z0"},
	 .set = options_set_level},
	{{0, "append", NULL, "write behind what the recording FILE already has"},
	 FLAG(sink.append)},
	{{0, "force", NULL, "replace FILE; write to a terminal"}, FLAG(sink.force)},
	{{'C', "max-size", "SIZE",
	  "begin another file at SIZE bytes, or K, M, G: FILE with a number in\n"
	  "its name (in DIR: default 64M, at most an eighth of --max-use)"},
	 .set = options_set_max_bytes},
	{{'G', "max-time", "SECONDS",
	  "begin another file after so long; %-conversions of strftime(3) in\n"
	  "FILE give its name, else a number (in DIR: default 3600)"},
	 NUMBER(sink.max_seconds, 1, 365 * 24 * 3600)},
	{{'W', "max-files", "COUNT", "keep the latest COUNT files, a ring; with -C, -G or DIR"},
	 NUMBER(sink.max_files, 2, MAX_FILES)},
	{{0, "post-rotate", "CMD", "run CMD FILE in a shell for each finished file"},
	 .set = options_set_post_rotate},
	{{0, "max-use", "SIZE",
	  "of DIR: delete the oldest files above it, also of earlier streams;\n"
	  "or N% of the file system (default 10%, at most 4G)"},
	 .set = options_set_max_use},
	{{0, "keep-free", "SIZE", "of DIR: delete them as long as less is free; or N%"},
	 .set = options_set_keep_free},
	{{0, "max-age", "TIME", "of DIR: delete files last written before that: 30d, 12h, 2weeks"},
	 .set = options_set_max_age},
	{{0, "allow-shared-folder", NULL,
	  "permit a DIR that others can write to, and put recordings into"},
	 FLAG(sink.allow_shared_folder)},
	{{0, "user", "NAME",
	  "go on as this user once the probes are attached (default: ringside\n"
	  "if there is one, or who ran sudo, where the recording is in a folder\n"
	  "of his or there is no ringside)"},
	 .set = options_set_user},
	{{'c', "count", "COUNT", "stop after COUNT events"}, .set = set_count},
	{{'U', "unbuffered", NULL, "write each event by itself, also in a storm"},
	 FLAG(pipeline.flush_each)},
	{{0, "probes", "LIST",
	  "what to report: oom,seccomp (default: both), and tcp: how full\n"
	  "the TCP queues of each container are; bpf: all BPF programs and\n"
	  "maps of the machine, whose they are and what they take; signal:\n"
	  "who ended whom by SIGKILL, and whom the kernel did"},
	 .set = options_set_probes},
	{{0, "bpf-stats", NULL,
	  "of bpf: let the kernel count how often and how long each program\n"
	  "runs, which takes every run of every program some 70 ns longer"},
	 FLAG(kernel.bpf_stats)},
	{{0, "attach", "MODE",
	  "auto, fentry, kprobe or tracepoint (default auto: the best that\n"
	  "works here)"},
	 .set = options_set_attach},
	{{0, "build", "MODE",
	  "core: the built-in programs, fitted by the kernel's BTF; legacy: of\n"
	  "these, those for kernels before 5.17; runtime: compiled here, with\n"
	  "clang and the kernel's headers (default auto: core, legacy where the\n"
	  "kernel is that old, runtime where there is no BTF)"},
	 .set = options_set_build},
	{{0, "allow-syscall-tax", NULL,
	  "permit hooks that cost every process on the machine about\n"
	  "0.2 us a system call, where there are no others"},
	 FLAG(kernel.allow_syscall_tax)},
	{{0, "btf", "FILE", "BTF of this kernel, if it does not carry its own"},
	 .set = options_set_btf},
	{{0, "rate", "N[,BURST]",
	  "per container, system call, action and errno: BURST at once, then\n"
	  "N a second; the rest is counted (default 1,20; 0: no limit, nor\n"
	  "one per container unless --container-rate sets it)"},
	 .set = options_set_rate},
	{{0, "container-rate", "N",
	  "per container: N a second (default 1000; 0: no limit). OOM kills\n"
	  "are never limited"},
	 .set = options_set_container_rate},
	{{0, "label", "K=V", "put this into the stream's header; may be repeated"},
	 .set = set_label},
	{{0, "host-name", "NAME", "name of this machine in the header"}, .set = set_host_name},
	{{0, "ring-size", "SIZE",
	  "kernel buffer for all events but OOM kills, bytes or with K or M\n"
	  "(default 8M; rounded up to a power of two)"},
	 .set = options_set_ring_size},
	{{0, "counters-interval", "SECONDS", "write the sums this often, 1 to 3600 (default 10)"},
	 NUMBER(pipeline.header.counters_interval, 1, 3600)},
	{{0, "doctor", "[=hold]",
	  "attach, write how that went as a stream of two records, and end;\n"
	  "exit code 1 if a probe could not be attached. With hold (as for\n"
	  "`ringside doctor`): end when stdout is not read any more"},
	 .set = set_doctor},
	{{'q', "quiet", NULL, "no totals on stderr at the end"}, FLAG(quiet)},
	{{'h', "help", NULL, "print this"}, .set = set_help},
	{{0, "version", NULL, "print the version"}, .set = set_version},
};

/* What has no setter is a flag, or else a number. */
static int set_row(struct parse *parse, const struct setting *setting, const char *value)
{
	const struct option_row *row = &setting->row;
	void *to = (char *)parse->options + setting->offset;
	const char letter[3] = {'-', (char)row->opt, '\0'};
	char name[32];
	uint64_t v;
	int r;

	if (setting->set)
		return setting->set(parse, value);
	if (!row->arg) {
		*(bool *)to = true;
		return 0;
	}
	(void)snprintf(name, sizeof(name), "--%s", row->name);
	r = options_number(parse, row->opt ? letter : name, value, setting->min, setting->max, &v);
	if (!r)
		*(uint32_t *)to = (uint32_t)v;
	return r;
}

static int refuse_option(struct parse *parse, const struct option_parser *parser)
{
	if (parser->refusal == OPTION_NEEDS_ARGUMENT)
		return options_bad(parse, "%s needs an argument: %s", parser->given,
				   parser->refused->arg);
	if (parser->refusal == OPTION_TAKES_NONE)
		return options_bad(parse, "%s takes no argument", parser->given);
	if (parser->letter)
		return options_bad(parse, "unknown option '-%c': --help lists all", parser->letter);
	return options_bad(parse, "unknown option '%s': --help lists all", parser->given);
}

static int check_options(struct parse *parse)
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
	struct option_parser parser;
	const struct option_row *row;
	int r = 0;

	option_begin(&parser);
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		(void)option_add(&parser, &settings[i].row);
	while (!parse.outcome && !r) {
		if (option_next(&parser, argc, argv, &row) < 0)
			return refuse_option(&parse, &parser);
		if (!row)
			break;
		r = set_row(&parse, (const struct setting *)row, optarg);
	}
	if (r < 0)
		return r;
	if (!parse.outcome && optind < argc)
		return options_bad(
			&parse, "'%s' is too much: only options are accepted; a file goes with -w",
			argv[optind]);
	r = parse.outcome ? 0 : check_options(&parse);
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
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		option_print(&settings[i].row, HELP_COLUMN, out);
	(void)fputs(
		"\nEnds cleanly on SIGTERM and SIGINT; SIGUSR1 prints the totals so far; SIGHUP "
		"begins\n"
		"another file, or opens FILE again if it was moved away.\n"
		"Needs CAP_BPF and CAP_PERFMON (before Linux 5.11 also CAP_SYS_RESOURCE), or "
		"root.\n"
		"Exit code: 0 fine, 1 failed, 2 usage.\n",
		out);
}
