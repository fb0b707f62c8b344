/* SPDX-License-Identifier: Apache-2.0 */
/* The table of all options. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "proto/base/options.h"
#include "proto/base/units.h"
#include "proto/base/utf8.h"
#include "proto/base/util.h"
#include "proto/recording/recording-writer.h"
#include "streamer/encode/probe-table.h"
#include "streamer/options.h"

#define CRITICAL_RING_BYTES (512u * 1024)
#define RING_MAX (1024u * 1024 * 1024)
#define HELP_COLUMN 34

/* Below it, a file would hold little but its first and last records. */
#define MAX_BYTES_LEAST (64u << 10)

struct parse {
	struct options *options;
	char *error;
	size_t error_size;
	bool container_rate_given;
	int outcome;
};

/* What a value becomes, where no function of its own says so. */
enum kind { FLAG, NUMBER, SECONDS, TEXT, CHOICE, SIZE, AMOUNT, SPAN, OUTCOME };

struct setting {
	struct option_row row; /* first: what the parser gives back is one of ours */
	int (*set)(struct parse *parse, const char *value); /* NULL if there is none: */
	enum kind kind;
	size_t offset;     /* where in struct options it goes */
	uint32_t min, max; /* what a number, a size or the length of a text may be; the outcome */
	const char *const *words; /* to choose from, by number; NULL-terminated */
	const char *accepts;
};

/* 0 * sizeof: the compiler compares the types. */
#define OFFSET(type, member)                                                                       \
	.offset = offsetof(struct options, member) +                                               \
		  0 * sizeof(&((struct options *)0)->member == (type *)0)
#define FLAG(member) .kind = FLAG, OFFSET(bool, member)
#define NUMBER(member, least, most)                                                                \
	.kind = NUMBER, OFFSET(uint32_t, member), .min = least, .max = most,                       \
	.accepts = "a number from " #least " to " #most
#define SECONDS(member, least, most)                                                               \
	.kind = SECONDS, OFFSET(uint32_t, member), .min = least, .max = most,                      \
	.accepts = "seconds from " #least " to " #most ", or numbers with s, min, h, d or week"
#define TEXT(member, most, what)                                                                   \
	.kind = TEXT, OFFSET(const char *, member), .max = most, .accepts = what
#define CHOICE(type, member, from, what)                                                           \
	.kind = CHOICE, OFFSET(type, member), .words = from, .accepts = what
#define AMOUNT(member)                                                                             \
	.kind = AMOUNT, OFFSET(struct amount, member),                                             \
	.accepts = "bytes, a number with K, M, G or T, or 1% to 100%"
#define OUTCOME(number) .kind = OUTCOME, .min = number

/* In the order of enum kernel_tier and of enum kernel_build. */
static const char *const attach_modes[] = {"auto", "fentry", "kprobe", "tracepoint", NULL};
static const char *const build_modes[] = {"auto", "core", "legacy", "runtime", NULL};

/* Says what is accepted. Returns -EINVAL. */
#define refuse_value(parse, ...) refuse((parse)->error, (parse)->error_size, -EINVAL, __VA_ARGS__)

static int read_number(struct parse *parse, const char *option, const char *value, uint64_t min,
		       uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;
	const char *end = units_number(value, max, &v);

	if (!end || *end || v < min)
		return refuse_value(parse, "%s '%s': accepts a number from %llu to %llu", option,
				    value, (unsigned long long)min, (unsigned long long)max);
	*ret = v;
	return 0;
}

static int set_probes(struct parse *parse, const char *value)
{
	uint32_t mask = 0;

	for (const char *p = value;; p++) {
		size_t n = strcspn(p, ",");
		const struct probe *probe = probe_find(p, n);
		char known[256] = "";

		for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++) {
			size_t used = strlen(known);

			if (probes[i] == probe)
				mask |= 1u << i;
			(void)snprintf(known + used, sizeof(known) - used, "%s%s (%s)",
				       used ? ", " : "", probes[i]->alias, probes[i]->name);
		}
		if (!probe)
			return refuse_value(parse, "--probes '%.*s': accepts a list of %s", (int)n,
					    p, known);
		p += n;
		if (!*p)
			break;
	}
	parse->options->kernel.probes = mask;
	return 0;
}

static int set_rate(struct parse *parse, const char *value)
{
	uint64_t rate = 0, burst = parse->options->kernel.burst;
	const char *end = units_number(value, UINT32_MAX, &rate);

	if (end && *end == ',')
		end = units_number(end + 1, UINT32_MAX, &burst);
	if (!end || *end || !burst)
		return refuse_value(
			parse,
			"--rate '%s': accepts N or N,BURST: events a second, 0 for no limit, and "
			"at least 1 at once",
			value);
	parse->options->kernel.rate = (uint32_t)rate;
	parse->options->kernel.burst = (uint32_t)burst;
	return 0;
}

static int set_container_rate(struct parse *parse, const char *value)
{
	uint64_t rate = 0;
	int r = read_number(parse, "--container-rate", value, 0, UINT32_MAX, &rate);

	if (r < 0)
		return r;
	parse->options->kernel.container_rate = (uint32_t)rate;
	parse->container_rate_given = true;
	return 0;
}

static int set_ring_size(struct parse *parse, const char *value)
{
	uint64_t v, size = (uint64_t)sysconf(_SC_PAGESIZE);
	const char *end = units_number(value, RING_MAX, &v);

	if (end && (*end == 'K' || *end == 'k')) {
		v <<= 10;
		end++;
	} else if (end && *end == 'M') {
		v <<= 20;
		end++;
	}
	if (!end || *end || !v || v > RING_MAX)
		return refuse_value(
			parse,
			"--ring-size '%s': accepts bytes, or a number with K or M, up to "
			"1024M",
			value);
	while (size < v)
		size *= 2;
	parse->options->kernel.bulk_ring_bytes = (uint32_t)size;
	return 0;
}

static int set_level(struct parse *parse, const char *value)
{
	uint64_t level = RECORDING_LEVEL_DEFAULT;
	int r = value ? read_number(parse, "-z", value, 0, RECORDING_LEVEL_MAX, &level) : 0;

	if (!r)
		parse->options->sink.level = (int)level;
	return r;
}

static int set_count(struct parse *parse, const char *value)
{
	return read_number(parse, "-c", value, 1, LLONG_MAX, &parse->options->pipeline.count);
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
		return refuse_value(
			parse,
			"--label '%s': accepts KEY=VALUE, KEY of up to %u letters, digits and "
			"_.-/, VALUE of up to %u bytes of UTF-8",
			value, OPTIONS_LABEL_KEY_MAX, OPTIONS_LABEL_VALUE_MAX);
	for (size_t i = 0; i < header->n_labels; i++)
		if (header->labels[i].key_size == n && !memcmp(header->labels[i].key, value, n))
			return refuse_value(parse, "--label '%s': accepts each key once", value);
	if (header->n_labels == HEADER_LABELS_MAX)
		return refuse_value(parse, "--label '%s': accepts at most %u labels", value,
				    HEADER_LABELS_MAX);
	header->labels[header->n_labels++] =
		(struct header_label){.key = value, .key_size = n, .value = value + n + 1};
	return 0;
}

static int set_host_name(struct parse *parse, const char *value)
{
	if (!value[0] || !is_utf8(value))
		return refuse_value(parse, "--host-name '%s': accepts 1 to %u bytes of UTF-8",
				    value, OPTIONS_LABEL_VALUE_MAX);
	parse->options->pipeline.header.host_name = value;
	return 0;
}

static int set_doctor(struct parse *parse, const char *value)
{
	const bool marks = value && !strcmp(value, "mark");

	if (value && !marks && strcmp(value, "hold") != 0)
		return refuse_value(parse, "--doctor=%s: accepts hold, mark, or nothing", value);
	parse->options->doctor = true;
	parse->options->doctor_marks = marks;
	parse->options->doctor_holds = value && !marks;
	return 0;
}

static const struct setting settings[] = {
	{{'w', "write", "FILE",
	  "write to FILE instead of stdout (-); one that exists and is not\n"
	  "empty is refused, unless --append or --force. DIR/: the mode of a\n"
	  "service, files named by time in a folder, which is made if need be"},
	 TEXT(sink.path, UINT32_MAX, "the name of a file, or - for stdout")},
	{{'z', "compress", "[=LEVEL]",
	  "compress with zstd, level 1 to 8 (default 3); names in .zst and\n"
	  "folders are compressed anyway, unless -z0"},
	 .set = set_level},
	{{0, "append", NULL, "write behind what the recording FILE already has"},
	 FLAG(sink.append)},
	{{0, "force", NULL, "replace FILE; write to a terminal"}, FLAG(sink.force)},
	{{'C', "max-size", "SIZE",
	  "begin another file at SIZE bytes, or K, M, G: FILE with a number in\n"
	  "its name (in DIR: default 64M, at most an eighth of --max-use)"},
	 .kind = SIZE,
	 OFFSET(uint64_t, sink.max_bytes),
	 .min = MAX_BYTES_LEAST,
	 .accepts = "bytes, or a number with K, M or G, from 64K"},
	{{'G', "max-time", "TIME",
	  "begin another file after so long, in seconds, or as 10min, 1h, 1d;\n"
	  "%-conversions of strftime(3) in FILE give its name, else a number\n"
	  "(in DIR: default 3600)"},
	 SECONDS(sink.max_seconds, 1, 31536000)},
	{{'W', "max-files", "COUNT", "keep the latest COUNT files, a ring; with -C, -G or DIR"},
	 NUMBER(sink.max_files, 2, 10000)},
	{{0, "post-rotate", "CMD", "run CMD FILE in a shell for each finished file"},
	 TEXT(sink.post_rotate, 4000, "a command of the shell, up to 4000 bytes")},
	{{0, "max-use", "SIZE",
	  "of DIR: delete the oldest files above it, also of earlier streams;\n"
	  "or N% of the file system (default 10%, at most 4G)"},
	 AMOUNT(sink.max_use)},
	{{0, "keep-free", "SIZE", "of DIR: delete them as long as less is free; or N%"},
	 AMOUNT(sink.keep_free)},
	{{0, "max-age", "TIME", "of DIR: delete files last written before that: 30d, 12h, 2weeks"},
	 .kind = SPAN,
	 OFFSET(uint64_t, sink.max_age),
	 .accepts = "seconds, or numbers with s, min, h, d, week, month or year: 30d, 1d12h"},
	{{0, "allow-shared-folder", NULL,
	  "permit a DIR that others can write to, and put recordings into"},
	 FLAG(sink.allow_shared_folder)},
	{{0, "user", "NAME",
	  "go on as this user once the probes are attached (default: ringside\n"
	  "if there is one, or who ran sudo, where the recording is in a folder\n"
	  "of his or there is no ringside)"},
	 TEXT(user, UINT32_MAX, "the name or number of a user")},
	{{'c', "count", "COUNT", "stop after COUNT events"}, .set = set_count},
	{{'U', "unbuffered", NULL, "write each event by itself, also in a storm"},
	 FLAG(pipeline.flush_each)},
	{{0, "probes", "LIST",
	  "what to report: oom,seccomp (default: both), and tcp: how full\n"
	  "the TCP queues of each container are; bpf: all BPF programs and\n"
	  "maps of the machine, whose they are and what they take; signal:\n"
	  "who ended whom by SIGKILL, and whom the kernel did"},
	 .set = set_probes},
	{{0, "bpf-stats", NULL,
	  "of bpf: let the kernel count how often and how long each program\n"
	  "runs, which takes every run of every program some 70 ns longer"},
	 FLAG(kernel.bpf_stats)},
	{{0, "attach", "MODE",
	  "auto, fentry, kprobe or tracepoint (default auto: the best that\n"
	  "works here)"},
	 CHOICE(enum kernel_tier, kernel.attach, attach_modes,
		"auto, fentry, kprobe or tracepoint")},
	{{0, "build", "MODE",
	  "core: the built-in programs, fitted by the kernel's BTF; legacy: of\n"
	  "these, those for kernels before 5.17; runtime: compiled here, with\n"
	  "clang and the kernel's headers (default auto: core, legacy where the\n"
	  "kernel is that old, runtime where there is no BTF)"},
	 CHOICE(enum kernel_build, kernel.build, build_modes, "auto, core, legacy or runtime")},
	{{0, "allow-syscall-tax", NULL,
	  "permit hooks that cost every process on the machine about\n"
	  "0.2 us a system call, where there are no others"},
	 FLAG(kernel.allow_syscall_tax)},
	{{0, "btf", "FILE", "BTF of this kernel, if it does not carry its own"},
	 TEXT(kernel.btf_path, UINT32_MAX, "the name of a file with this kernel's BTF")},
	{{0, "rate", "N[,BURST]",
	  "per container, system call, action and errno: BURST at once, then\n"
	  "N a second; the rest is counted (default 1,20; 0: no limit, nor\n"
	  "one per container unless --container-rate sets it)"},
	 .set = set_rate},
	{{0, "container-rate", "N",
	  "per container: N a second (default 1000; 0: no limit). OOM kills\n"
	  "are never limited"},
	 .set = set_container_rate},
	{{0, "label", "K=V", "put this into the stream's header; may be repeated"},
	 .set = set_label},
	{{0, "host-name", "NAME", "name of this machine in the header"}, .set = set_host_name},
	{{0, "ring-size", "SIZE",
	  "kernel buffer for all events but OOM kills, bytes or with K or M\n"
	  "(default 8M; rounded up to a power of two)"},
	 .set = set_ring_size},
	{{0, "counters-interval", "TIME",
	  "write the sums this often, 1 to 3600 seconds (default 10)"},
	 SECONDS(pipeline.header.counters_interval, 1, 3600)},
	{{0, "doctor", "[=hold|mark]",
	  "attach, write how that went as a stream of two records, and end;\n"
	  "exit code 1 if a probe could not be attached. With hold (as for\n"
	  "`ringside doctor`): end when stdout is not read any more. With mark:\n"
	  "attach nothing; calls of getppid with the first argument that is\n"
	  "printed are Ringside's own for all streamers that run, until then"},
	 .set = set_doctor},
	{{'q', "quiet", NULL, "nothing on stderr of what is attached, and no totals at the end"},
	 FLAG(quiet)},
	{{'h', "help", NULL, "print this"}, OUTCOME(OPTIONS_HELP)},
	{{0, "version", NULL, "print the version"}, OUTCOME(OPTIONS_VERSION)},
};

/* Whether it is one that is accepted. */
static bool read_value(struct parse *parse, const struct setting *setting, const char *value)
{
	void *to = (char *)parse->options + setting->offset;
	const char *end;
	uint64_t n = 0;

	switch (setting->kind) {
	case FLAG:
		*(bool *)to = true;
		return true;
	case OUTCOME:
		parse->outcome = (int)setting->min;
		return true;
	case NUMBER:
		end = units_number(value, setting->max, &n);
		*(uint32_t *)to = (uint32_t)n;
		return end && !*end && n >= setting->min;
	case SECONDS:
		if (!units_span(value, &n) || n < setting->min || n > setting->max)
			return false;
		*(uint32_t *)to = (uint32_t)n;
		return true;
	case TEXT:
		*(const char **)to = value;
		return value[0] && strlen(value) <= setting->max;
	case CHOICE: /* an enum */
		for (; setting->words[n] && strcmp(value, setting->words[n]) != 0; n++)
			;
		*(unsigned *)to = (unsigned)n;
		return setting->words[n];
	case SIZE:
		return units_size(value, to) && *(uint64_t *)to >= setting->min;
	case AMOUNT:
		return units_amount(value, to);
	case SPAN:
		return units_span(value, to);
	}
	return false;
}

static int set_row(struct parse *parse, const struct setting *setting, const char *value)
{
	const struct option_row *row = &setting->row;
	const char letter[2] = {(char)row->opt, '\0'};

	if (setting->set)
		return setting->set(parse, value);
	if (read_value(parse, setting, value))
		return 0;
	return refuse_value(parse, "%s%s '%s': accepts %s", row->opt ? "-" : "--",
			    row->opt ? letter : row->name, value, setting->accepts);
}

/* What `ringside` has, people may well try here. */
static int refuse_letter(struct parse *parse, char letter)
{
	if (strchr("onfvurbg", letter))
		return refuse_value(parse,
				    "unknown option '-%c': it is ringside's: ringside-streamer | "
				    "ringside %s",
				    letter, letter == 'u' ? "cat -u UNIT" : "cat");
	return refuse_value(parse, "unknown option '-%c': --help lists all", letter);
}

static bool is_one_of(const char *name, const char *const *names)
{
	size_t n = strcspn(name, "=");

	for (; *names; names++)
		if (strlen(*names) == n && !strncmp(*names, name, n))
			return true;
	return false;
}

static int refuse_name(struct parse *parse, const char *given)
{
	static const char *const filters[] = {"kind",      "host",         "unit",    "user-unit",
					      "slice",     "namespace",    "pod",     "pod-uid",
					      "container", "container-id", "runtime", "cgroup",
					      "comm",      "pid",          "uid",     "syscall",
					      "action",    "errno",        "arch",    "signal",
					      "since",     "until",        "grep",    NULL};
	static const char *const outputs[] = {"output", "lines", "follow", "verbose",
					      "utc",    "time",  "json",   "reverse",
					      "boot",   "color", NULL};
	const char *names[ARRAY_SIZE(settings) + 1], *name = given + strspn(given, "-"), *near;
	char word[64];

	if (is_one_of(name, filters))
		return refuse_value(parse,
				    "unknown option '%s': it is a filter of ringside's: `ringside "
				    "live %s`, or ringside-streamer | ringside cat %s",
				    given, given, given);
	if (is_one_of(name, outputs))
		return refuse_value(parse,
				    "unknown option '%s': it is ringside's: ringside-streamer | "
				    "ringside cat",
				    given);
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		names[i] = settings[i].row.name;
	names[ARRAY_SIZE(settings)] = NULL;
	(void)snprintf(word, sizeof(word), "%.*s", (int)strcspn(name, "="), name);
	near = option_nearest(word, names);
	if (near)
		return refuse_value(parse, "unknown option '%s': did you mean --%s?", given, near);
	return refuse_value(parse, "unknown option '%s': --help lists all", given);
}

static int refuse_option(struct parse *parse, const struct option_parser *parser)
{
	if (parser->refusal == OPTION_NEEDS_ARGUMENT)
		return refuse_value(parse, "%s needs an argument: %s", parser->given,
				    parser->refused->arg);
	if (parser->refusal == OPTION_TAKES_NONE)
		return refuse_value(parse, "%s takes no argument", parser->given);
	if (parser->letter)
		return refuse_letter(parse, parser->letter);
	return refuse_name(parse, parser->given);
}

static int check_output(struct parse *parse)
{
	const struct sink_config *sink = &parse->options->sink;
	bool to_stdout = !strcmp(sink->path, "-");
	bool rotates = sink->max_bytes || sink->max_seconds || sink->max_files;

	if (sink->append && sink->force)
		return refuse_value(parse, "--append and --force exclude each other: keep FILE, or "
					   "replace it");
	if (sink->append && to_stdout)
		return refuse_value(parse, "--append needs -w FILE");
	if (sink->append && rotates)
		return refuse_value(parse, "--append is for one file: not with -C, -G and -W");
	if (to_stdout && (rotates || sink->post_rotate))
		return refuse_value(parse, "-C, -G, -W and --post-rotate need -w FILE or -w DIR/");
	return 0;
}

/* What they say together. */
static int check_options(struct parse *parse)
{
	struct options *options = parse->options;

	if (options->doctor && (strcmp(options->sink.path, "-") != 0 || options->sink.level > 0))
		return refuse_value(parse,
				    "--doctor writes to stdout, not to -w FILE, and without -z");
	if (options->kernel.build == KERNEL_BUILD_RUNTIME && options->kernel.btf_path)
		return refuse_value(parse,
				    "--build runtime gets the types from the kernel's headers: "
				    "not with --btf FILE");
	for (unsigned i = 0; i < WIRE_PROBE_COUNT && options->kernel.bpf_stats; i++)
		if (probes[i]->shows_stats && !(options->kernel.probes & 1u << i))
			return refuse_value(parse,
					    "--bpf-stats is of the probe %s: add it to --probes "
					    "(oom,seccomp,%s)",
					    probes[i]->alias, probes[i]->alias);
	if (!options->kernel.rate && !parse->container_rate_given)
		options->kernel.container_rate = 0;
	return check_output(parse);
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
		return refuse_value(
			&parse,
			"'%s' is too much: only options are accepted; -w FILE writes one, "
			"`ringside cat FILE` reads one",
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
