/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdbool.h>

#include "proto/base/util.h"
#include "streamer/config/command-line.h"
#include "streamer/config/config.h"
#include "tests/lib/test.h"

#define ARGS_MAX 72

/* Parses a NULL-terminated list of arguments, with no file and no environment. */
static int parse(const char *const *args, struct options *ret, char *error, size_t size)
{
	static const char *const none[] = {NULL};
	char *argv[ARGS_MAX + 2] = {(char *)(uintptr_t) "ringside-streamer"};
	struct config_sources sources = {.argc = 1,
					 .argv = argv,
					 .folders = none,
					 .environment = none};
	struct config *config = config_new();
	int r;

	assert_non_null(config);
	for (; *args; args++)
		argv[sources.argc++] = (char *)(uintptr_t)*args;
	r = config_read(config, &sources);
	assert_int_equal(config->n_notes, r == -EINVAL);
	if (r < 0)
		(void)snprintf(error, size, "%s", config->notes[0].text);
	else /* its strings are those of the arguments */
		*ret = config->values.options;
	(void)config_free(config);
	return r;
}

#define PARSE(ret, ...) parse_ok((const char *const[]){__VA_ARGS__, NULL}, ret)

static int parse_ok(const char *const *args, struct options *ret)
{
	char error[512] = "";
	int r = parse(args, ret, error, sizeof(error));

	if (r < 0)
		fail_msg("%s", error);
	return r;
}

/* Refused, in one line that holds each of the words. */
static void assert_refused(const char *const *args, const char *const *words)
{
	struct options untouched = {.quiet = true};
	char error[512] = "";

	assert_int_equal(parse(args, &untouched, error, sizeof(error)), -EINVAL);
	assert_true(untouched.quiet);
	assert_null(strchr(error, '\n'));
	for (; *words; words++)
		if (!strstr(error, *words))
			fail_msg("\"%s\" does not say \"%s\"", error, *words);
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

static void defaults_are_those_of_the_manual(void **state)
{
	struct options o;

	assert_int_equal(PARSE(&o, NULL), OPTIONS_RUN);
	assert_string_equal(o.sink.path, "-");
	assert_int_equal(o.kernel.probes, 1u << WIRE_OOM_KILL | 1u << WIRE_SECCOMP_DENIAL);
	assert_int_equal(o.kernel.attach[WIRE_OOM_KILL], KERNEL_TIER_NONE);
	assert_int_equal(o.kernel.build, KERNEL_BUILD_AUTO);
	assert_false(o.kernel.allow_syscall_tax);
	assert_int_equal(o.kernel.rate, 1);
	assert_int_equal(o.kernel.burst, 20);
	assert_int_equal(o.kernel.container_rate, 1000);
	assert_int_equal(o.kernel.critical_ring_bytes, 512 * 1024);
	assert_int_equal(o.kernel.bulk_ring_bytes, 8 * 1024 * 1024);
	assert_int_equal(o.pipeline.header.counters_interval, 10);
	assert_int_equal(o.pipeline.header.n_labels, 0);
	assert_null(o.pipeline.header.host_name);
}

static void every_option_is_understood(void **state)
{
	struct options o;

	PARSE(&o, "-w", "x.pb", "-c", "7", "-U", "--force", "--probes", "seccomp", "--attach",
	      "tracepoint", "--allow-syscall-tax", "--build", "legacy", "--btf=/b", "--rate", "5,6",
	      "--container-rate", "9", "--label", "cluster=eu1", "--label=a.b/c=", "--host-name",
	      "h", "--ring-size", "2M", "--counters-interval", "3", "--quiet");
	assert_string_equal(o.sink.path, "x.pb");
	assert_true(o.sink.force && !o.sink.append);
	assert_int_equal(o.pipeline.count, 7);
	assert_true(o.pipeline.flush_each && o.quiet && o.kernel.allow_syscall_tax);
	assert_int_equal(o.kernel.probes, 1u << WIRE_SECCOMP_DENIAL);
	for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++)
		assert_int_equal(o.kernel.attach[i], KERNEL_TIER_TRACEPOINT);
	assert_int_equal(o.kernel.build, KERNEL_BUILD_LEGACY);
	assert_string_equal(o.kernel.btf_path, "/b");
	assert_int_equal(o.kernel.rate, 5);
	assert_int_equal(o.kernel.burst, 6);
	assert_int_equal(o.kernel.container_rate, 9);
	assert_int_equal(o.pipeline.header.n_labels, 2);
	assert_memory_equal(o.pipeline.header.labels[0].key, "cluster",
			    o.pipeline.header.labels[0].key_size);
	assert_string_equal(o.pipeline.header.labels[0].value, "eu1");
	assert_int_equal(o.pipeline.header.labels[1].key_size, 5);
	assert_string_equal(o.pipeline.header.labels[1].value, "");
	assert_string_equal(o.pipeline.header.host_name, "h");
	assert_int_equal(o.kernel.bulk_ring_bytes, 2 * 1024 * 1024);
	assert_int_equal(o.pipeline.header.counters_interval, 3);
	PARSE(&o, "--append", "-w", "x.pb", "--probes", "oom_kill,seccomp");
	assert_true(o.sink.append);
	assert_int_equal(o.kernel.probes, 1u << WIRE_OOM_KILL | 1u << WIRE_SECCOMP_DENIAL);
	PARSE(&o, "--doctor");
	assert_true(o.doctor);
	assert_false(o.doctor_holds);
	PARSE(&o, "--doctor=hold");
	assert_true(o.doctor);
	assert_true(o.doctor_holds);
}

static void what_goes_into_files_is_understood(void **state)
{
	struct options o;

	PARSE(&o, NULL);
	assert_int_equal(o.sink.level, SINK_LEVEL_BY_NAME);
	PARSE(&o, "-z");
	assert_int_equal(o.sink.level, 3);
	PARSE(&o, "-z8", "-w", "x");
	assert_int_equal(o.sink.level, 8);
	PARSE(&o, "--compress=0");
	assert_int_equal(o.sink.level, 0);
	PARSE(&o, "-w", "x", "-C", "2M", "-G3600", "-W", "24", "--post-rotate", "gzip -9");
	assert_int_equal(o.sink.max_bytes, 2u << 20);
	assert_int_equal(o.sink.max_seconds, 3600);
	assert_int_equal(o.sink.max_files, 24);
	assert_string_equal(o.sink.post_rotate, "gzip -9");
	PARSE(&o, "-w", "x.pb", "-G", "1h30min", "--counters-interval", "60000ms");
	assert_int_equal(o.sink.max_seconds, 5400);
	assert_int_equal(o.pipeline.header.counters_interval, 60);
	PARSE(&o, "-w", "x/", "--max-use", "2G", "--keep-free=15%", "--max-age", "1d12h");
	assert_int_equal(o.sink.max_use.bytes, 2ull << 30);
	assert_int_equal(o.sink.keep_free.percent, 15);
	assert_int_equal(o.sink.max_age, 36 * 3600);
}

static void rate_zero_lifts_both_limits(void **state)
{
	struct options o;

	PARSE(&o, "--rate", "0");
	assert_int_equal(o.kernel.rate, 0);
	assert_int_equal(o.kernel.container_rate, 0);
	PARSE(&o, "--container-rate", "50", "--rate", "0");
	assert_int_equal(o.kernel.container_rate, 50);
	PARSE(&o, "--container-rate", "0");
	assert_int_equal(o.kernel.rate, 1);
	assert_int_equal(o.kernel.container_rate, 0);
}

static void ring_sizes_become_powers_of_two_of_at_least_a_page(void **state)
{
	const uint32_t page = (uint32_t)sysconf(_SC_PAGESIZE);
	struct options o;

	PARSE(&o, "--ring-size", "1");
	assert_int_equal(o.kernel.bulk_ring_bytes, page);
	PARSE(&o, "--ring-size", "300K");
	assert_int_equal(o.kernel.bulk_ring_bytes, 512 * 1024);
	PARSE(&o, "--ring-size", "1048577");
	assert_int_equal(o.kernel.bulk_ring_bytes, 2 * 1024 * 1024);
	PARSE(&o, "--ring-size", "1024M");
	assert_int_equal(o.kernel.bulk_ring_bytes, 1024u * 1024 * 1024);
}

static void help_and_version_end_the_parsing(void **state)
{
	struct options o;

	assert_int_equal(PARSE(&o, "--help"), OPTIONS_HELP);
	assert_int_equal(PARSE(&o, "-h", "nonsense"), OPTIONS_HELP);
	assert_int_equal(PARSE(&o, "--version", "--append", "--force"), OPTIONS_VERSION);
}

static void unknown_options_are_refused(void **state)
{
	static const char *const unknown[] = {"--bogus",  "-x",  "--burst",
					      "--redact", "-Ux", "--co=1"};

	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++)
		assert_refused(LIST(unknown[i]), LIST("unknown option", "--help"));
	assert_refused(LIST("--max-tme=3"), LIST("'--max-tme=3': did you mean --max-time?"));
	assert_refused(LIST("--label-s", "x"), LIST("did you mean --label?"));
	/* what ringside has */
	assert_refused(LIST("--kind", "oom"), LIST("'--kind': it is a filter of ringside's"));
	assert_refused(LIST("--since=-1h"), LIST("ringside-streamer | ringside cat --since=-1h"));
	assert_refused(LIST("-o", "json"), LIST("'-o': it is ringside's"));
	assert_refused(LIST("--follow"), LIST("'--follow': it is ringside's"));
	assert_refused(LIST("file.pb"), LIST("'file.pb'", "-w"));
	assert_refused(LIST("-w"), LIST("-w needs an argument", "FILE"));
	assert_refused(LIST("--rate"), LIST("--rate needs an argument", "N[,BURST]"));
	assert_refused(LIST("--quiet=1"), LIST("--quiet=1", "takes no argument"));
}

static void bad_values_name_what_is_accepted(void **state)
{
	static const char *const bad_rates[] = {"",    "x",  "-1", "1,",         "1,0",
						"1,x", ",5", "1 ", "4294967296", "1,2,3"};
	static const char *const bad_sizes[] = {"",   "0", "K", "8G", "2000M", "99999999999999",
						"-8M"};
	static const char *const bad_counts[] = {
		"", "0", "x", "1x", "+1", " 1", "99999999999999999999"};

	for (size_t i = 0; i < ARRAY_SIZE(bad_rates); i++)
		assert_refused(LIST("--rate", bad_rates[i]), LIST("accepts N or N,BURST"));
	for (size_t i = 0; i < ARRAY_SIZE(bad_sizes); i++)
		assert_refused(LIST("--ring-size", bad_sizes[i]), LIST("with K or M"));
	for (size_t i = 0; i < ARRAY_SIZE(bad_counts); i++)
		assert_refused(LIST("-c", bad_counts[i]), LIST("-c", "accepts a number from 1"));
	assert_refused(LIST("--counters-interval", "0"), LIST("from 1 to 3600"));
	assert_refused(LIST("--counters-interval", "3601"), LIST("from 1 to 3600"));
	assert_refused(LIST("--container-rate", "many"), LIST("from 0 to 4294967295"));
	assert_refused(LIST("--attach", "best"), LIST("auto, fentry, kprobe or tracepoint"));
	assert_refused(LIST("--probes", "oom,dns"), LIST("'dns'", "oom (oom_kill)", "seccomp"));
	assert_refused(LIST("--probes", ""), LIST("accepts a list of"));
	assert_refused(LIST("--probes", "oom,"), LIST("accepts a list of"));
	assert_refused(LIST("-w", ""), LIST("name of a file"));
	assert_refused(LIST("--btf", ""), LIST("BTF"));
	assert_refused(LIST("--build", "fast"), LIST("--build 'fast'", "core, legacy or runtime"));
	assert_refused(LIST("--build", "runtime", "--btf", "/b"), LIST("--build runtime", "--btf"));
	assert_refused(LIST("--host-name", ""), LIST("1 to 255 bytes"));
	assert_refused(LIST("--host-name", "\xff"), LIST("UTF-8"));
}

static void bad_limits_of_files_name_what_is_accepted(void **state)
{
	/* -C 10 are ten million bytes to tcpdump, and ten to nobody */
	assert_refused(LIST("-w", "x", "-C", "10"), LIST("-C '10'", "64K"));
	assert_refused(LIST("-w", "x", "-C", "1X"), LIST("-C '1X'", "K, M or G"));
	assert_refused(LIST("-w", "x", "-G", "0"), LIST("-G '0'", "from 1"));
	assert_refused(LIST("-w", "x", "-C1M", "-W1"), LIST("-W '1'", "from 2"));
	assert_refused(LIST("-z9"), LIST("-z '9'", "to 8"));
	assert_refused(LIST("-w", "x/", "--max-use", "101%"), LIST("--max-use '101%'", "100%"));
	assert_refused(LIST("-w", "x/", "--keep-free="), LIST("--keep-free ''", "bytes"));
	assert_refused(LIST("-w", "x/", "--max-age", "3 fortnights"), LIST("--max-age", "week"));
	assert_refused(LIST("-w", "x", "--post-rotate="), LIST("--post-rotate ''", "command"));
}

static void options_that_exclude_each_other_are_refused(void **state)
{
	assert_refused(LIST("-w", "x", "--append", "--force"), LIST("exclude each other"));
	assert_refused(LIST("--append"), LIST("needs -w FILE"));
	assert_refused(LIST("--doctor", "-w", "x"), LIST("--doctor writes to stdout"));
	assert_refused(LIST("--doctor=on"), LIST("--doctor=on", "hold"));
	assert_refused(LIST("--doctor", "-z"), LIST("--doctor", "without -z"));
	assert_refused(LIST("-w", "x", "--append", "-C1M"), LIST("--append is for one file"));
	assert_refused(LIST("-G60"), LIST("need -w FILE"));
	assert_refused(LIST("--post-rotate", "ls"), LIST("need -w FILE"));
	assert_refused(LIST("--bpf-stats"), LIST("--bpf-stats", "--probes", "bpf"));
}

static void labels_are_bounded(void **state)
{
	const char *args[ARGS_MAX + 1] = {NULL};
	char labels[HEADER_LABELS_MAX + 1][32], key[80], value[300];
	struct options o;

	for (unsigned i = 0; i <= HEADER_LABELS_MAX; i++)
		(void)snprintf(labels[i], sizeof(labels[i]), "--label=k%u=v", i);
	for (unsigned i = 0; i < HEADER_LABELS_MAX; i++)
		args[i] = labels[i];
	assert_int_equal(parse_ok(args, &o), OPTIONS_RUN);
	assert_int_equal(o.pipeline.header.n_labels, HEADER_LABELS_MAX);
	args[HEADER_LABELS_MAX] = labels[HEADER_LABELS_MAX];
	assert_refused(args, LIST("at most 64 labels"));

	memset(key, 'k', 64);
	strcpy(key + 64, "=v");
	assert_refused(LIST("--label", key), LIST("up to 63"));
	assert_int_equal(PARSE(&o, "--label", key + 1), OPTIONS_RUN);
	strcpy(value, "k=");
	memset(value + 2, 'v', 256);
	value[258] = '\0';
	assert_refused(LIST("--label", value), LIST("up to 255 bytes"));
	value[257] = '\0';
	assert_int_equal(PARSE(&o, "--label", value), OPTIONS_RUN);
	assert_refused(LIST("--label", "k"), LIST("KEY=VALUE"));
	assert_refused(LIST("--label", "=v"), LIST("KEY=VALUE"));
	assert_refused(LIST("--label", "a b=v"), LIST("KEY=VALUE"));
	assert_refused(LIST("--label", "k=\xc3"), LIST("UTF-8"));
	assert_refused(LIST("--label", "k=1", "--label", "k=2"), LIST("each key once"));
	assert_int_equal(PARSE(&o, "--label", "k=1", "--label", "k2=2"), OPTIONS_RUN);
}

static void help_lists_every_option_in_lines_that_fit(void **state)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	command_line_help(out);
	assert_ok(fclose(out));
	for (const char *const *o =
		     LIST("-w, --write FILE", "-c, --count COUNT", "-U, --unbuffered", "--append",
			  "--force", "--probes LIST", "--attach MODE", "--build MODE",
			  "--allow-syscall-tax", "--btf FILE", "--rate N[,BURST]",
			  "--container-rate N", "--label K=V", "--host-name NAME",
			  "--ring-size SIZE", "--counters-interval TIME", "--doctor", "-q, --quiet",
			  "-h, --help", "--version");
	     *o; o++)
		if (!strstr(text, *o))
			fail_msg("--help does not list %s", *o);
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
		assert_true(strcspn(line, "\n") <= 104);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_those_of_the_manual),
		cmocka_unit_test(every_option_is_understood),
		cmocka_unit_test(what_goes_into_files_is_understood),
		cmocka_unit_test(bad_limits_of_files_name_what_is_accepted),
		cmocka_unit_test(rate_zero_lifts_both_limits),
		cmocka_unit_test(ring_sizes_become_powers_of_two_of_at_least_a_page),
		cmocka_unit_test(help_and_version_end_the_parsing),
		cmocka_unit_test(unknown_options_are_refused),
		cmocka_unit_test(bad_values_name_what_is_accepted),
		cmocka_unit_test(options_that_exclude_each_other_are_refused),
		cmocka_unit_test(labels_are_bounded),
		cmocka_unit_test(help_lists_every_option_in_lines_that_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
