/* SPDX-License-Identifier: Apache-2.0 */
/* Files, environment and command line: which value counts, and what is wrong with which line. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/util.h"
#include "streamer/config/command-line.h"
#include "streamer/config/config-reload.h"
#include "streamer/config/config.h"
#include "streamer/privileges/landlock.h"
#include "tests/lib/folder.h"
#include "tests/lib/test.h"

#define ARGS_MAX 16
#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NONE ((const char *const[]){NULL})

static struct config *read_as(void *const *state, uid_t owner, const char *const *environment,
			      const char *const *args, int *ret)
{
	const struct folder_path lib = in_folder(state, "lib"), etc = in_folder(state, "etc");
	const char *const folders[] = {lib.s, etc.s, NULL};
	char *argv[ARGS_MAX + 2] = {(char *)(uintptr_t) "ringside-streamer"};
	struct config_sources sources = {.argc = 1,
					 .argv = argv,
					 .folders = folders,
					 .environment = environment,
					 .owner = owner};
	struct config *config = config_new();

	assert_non_null(config);
	for (; *args; args++)
		argv[sources.argc++] = (char *)(uintptr_t)*args;
	*ret = config_read(config, &sources);
	return config;
}

static struct config *read_all(void *const *state, const char *const *environment,
			       const char *const *args)
{
	int r;
	struct config *config = read_as(state, getuid(), environment, args, &r);

	if (r)
		fail_msg("%s", config->notes[0].text);
	return config;
}

/* Exactly these errors, each of which ends so. */
static void assert_wrong(void *const *state, const char *const *environment,
			 const char *const *args, const char *const *sentences)
{
	unsigned n = 0;
	int r;
	struct config *config = read_as(state, getuid(), environment, args, &r);

	assert_int_equal(r, -EINVAL);
	for (; sentences[n]; n++) {
		const char *text = n < config->n_notes ? config->notes[n].text : "nothing";
		const size_t size = strlen(text), wanted = strlen(sentences[n]);

		if (size < wanted || strcmp(text + size - wanted, sentences[n]) != 0)
			fail_msg("\"%s\" is not \"%s\"", text, sentences[n]);
	}
	assert_int_equal(config->n_errors, n);
	(void)config_free(config);
}

static uint32_t rate_of(void *const *state, const char *const *environment, const char *const *args)
{
	struct config *config = read_all(state, environment, args);
	const uint32_t rate = config->values.options.kernel.rate;

	(void)config_free(config);
	return rate;
}

static void what_is_nearer_to_the_user_counts(void **state)
{
	assert_int_equal(rate_of(state, NONE, NONE), 1);
	folder_file(*state, "lib/streamer.conf", "[limits]\nrate = 2\n");
	assert_int_equal(rate_of(state, NONE, NONE), 2);
	folder_file(*state, "etc/streamer.conf", "[limits]\nrate = 3\n");
	assert_int_equal(rate_of(state, NONE, NONE), 3);
	folder_file(*state, "lib/streamer.conf.d/50-b.conf", "[limits]\nrate = 4\n");
	assert_int_equal(rate_of(state, NONE, NONE), 4);
	folder_file(*state, "etc/streamer.conf.d/40-a.conf", "[limits]\nrate = 5\n");
	assert_int_equal(rate_of(state, NONE, NONE), 4);
	folder_file(*state, "etc/streamer.conf.d/60-c.conf", "[limits]\nrate = 6\n");
	assert_int_equal(rate_of(state, NONE, NONE), 6);
	assert_int_equal(rate_of(state, LIST("RINGSIDE_RATE=7"), NONE), 7);
	assert_int_equal(rate_of(state, LIST("RINGSIDE_RATE="), NONE), 6);
	assert_int_equal(rate_of(state, LIST("RINGSIDE_RATE=7"), LIST("--rate", "8")), 8);
}

static void a_drop_in_hides_the_one_of_its_name_below(void **state)
{
	folder_file(*state, "lib/streamer.conf.d/50-b.conf", "[limits]\nrate = 4\n");
	folder_file(*state, "lib/streamer.conf.d/hidden.conf~", "[limits]\nrate = 9\n");
	folder_file(*state, "lib/streamer.conf.d/.z.conf", "[limits]\nrate = 9\n");
	folder_file(*state, "etc/streamer.conf.d/50-b.conf", "[streamer]\nquiet = yes\n");
	assert_int_equal(rate_of(state, NONE, NONE), 1);
	assert_ok(unlink(in_folder(state, "etc/streamer.conf.d/50-b.conf").s));
	assert_int_equal(rate_of(state, NONE, NONE), 4);
	assert_ok(symlink("/dev/null", in_folder(state, "etc/streamer.conf.d/50-b.conf").s));
	assert_int_equal(rate_of(state, NONE, NONE), 1);
}

/* As systemd's: of the file of that name below nothing counts. It is never opened, which a streamer
 * that has given up its privileges could not do (Landlock). */
static void a_link_to_dev_null_hides_what_is_below(void **state)
{
	const struct folder_path etc = in_folder(state, "etc"),
				 link = in_folder(state, "etc/streamer.conf");
	const char *const folders[] = {etc.s, NULL};
	char *argv[] = {(char *)(uintptr_t) "ringside-streamer", NULL};
	const struct config_sources sources = {.argc = 1,
					       .argv = argv,
					       .folders = folders,
					       .environment = NONE,
					       .owner = getuid()};
	struct landlock_folder reads = {.use = LANDLOCK_READS};
	struct config *config = config_new();
	struct config_changes changes;
	int status;
	pid_t pid;

	folder_file(*state, "lib/streamer.conf", "[limits]\nrate = 2\n");
	folder_file(*state, "etc/streamer.conf.d/a.conf", "[limits]\ncontainer-rate = 3\n");
	assert_ok(symlink("/dev/null", link.s));
	assert_ok(symlink("/dev/null", in_folder(state, "etc/streamer.conf.d/b.conf").s));
	assert_int_equal(rate_of(state, NONE, NONE), 1);
	assert_non_null(config);
	assert_ok(config_read(config, &sources));
	reads.fd = open(etc.s, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(reads.fd >= 0);
	pid = fork();
	if (!pid) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || landlock_restrict(&reads, 1) < 0)
			_exit(77);
		if (!config_reload(config, &sources, NULL, &changes))
			_exit(0);
		(void)fprintf(stderr, "%s\n", changes.wrong);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) != 77) /* a kernel without Landlock */
		assert_int_equal(WEXITSTATUS(status), 0);
	(void)close(reads.fd);
	(void)config_free(config);
}

static void one_file_can_stand_for_all(void **state)
{
	const struct folder_path other = in_folder(state, "other.conf");

	folder_file(*state, "etc/streamer.conf", "[limits]\nrate = 3\nnonsense = 1\n");
	folder_file(*state, "other.conf", "[limits]\ncontainer-rate = 9\n");
	assert_int_equal(rate_of(state, NONE, LIST("--config", other.s)), 1);
	assert_int_equal(rate_of(state, NONE, LIST("--config", "/dev/null")), 1);
	assert_wrong(state, NONE, LIST("--config", in_folder(state, "none").s),
		     LIST("/none cannot be read: No such file or directory"));
	assert_wrong(state, NONE, LIST("--config", *state), LIST(" is no file"));
}

static void files_that_others_could_write_are_refused(void **state)
{
	const struct folder_path path = in_folder(state, "etc/streamer.conf");
	struct config *config;
	char said[512];
	int r;

	folder_file(*state, "etc/streamer.conf", "[limits]\nrate = 3\n");
	assert_ok(chmod(path.s, 0664));
	(void)snprintf(said, sizeof(said), "%s can be written by others (mode 0664): chmod go-w %s",
		       path.s, path.s);
	assert_wrong(state, NONE, NONE, LIST(said));
	assert_ok(chmod(path.s, 0646));
	config = read_as(state, getuid(), NONE, NONE, &r);
	assert_int_equal(r, -EINVAL);
	assert_non_null(strstr(config->notes[0].text, "can be written by others (mode 0646)"));
	(void)config_free(config);
	assert_ok(chmod(path.s, 0644));
	if (!getuid())
		assert_ok(chown(path.s, 4242, 4242));
	config = read_as(state, getuid() ? getuid() + 1 : 0, NONE, NONE, &r);
	assert_int_equal(r, -EINVAL);
	assert_non_null(strstr(config->notes[0].text, ", who could change it: chown root /"));
	(void)config_free(config);
}

static void files_in_folders_that_others_could_write_to_are_refused(void **state)
{
	const struct folder_path etc = in_folder(state, "etc"),
				 drop = in_folder(state, "etc/streamer.conf.d"),
				 open_one = in_folder(state, "open"),
				 elsewhere = in_folder(state, "open/x.conf");
	char said[1024];

	folder_file(*state, "etc/streamer.conf", "[limits]\nrate = 3\n");
	folder_file(*state, "etc/streamer.conf.d/a.conf", "[limits]\ncontainer-rate = 4\n");
	folder_file(*state, "etc/streamer.conf.d/b.conf", "[limits]\ncontainer-rate = 5\n");
	assert_ok(chmod(drop.s, 0777));
	(void)snprintf(said, sizeof(said),
		       "others can put files into %s (mode 0777): chmod go-w %s, or move the file",
		       drop.s, drop.s);
	assert_wrong(state, NONE, NONE, LIST(said, said));
	assert_ok(chmod(drop.s, 01777));
	(void)snprintf(said, sizeof(said),
		       "others can put files into %s (mode 1777): move the file to a folder that "
		       "only its owner can write to",
		       drop.s);
	assert_wrong(state, NONE, NONE, LIST(said, said));
	/* nobody can put another folder in its place, in a sticky one */
	assert_ok(chmod(drop.s, 0755));
	assert_ok(chmod(*state, 01777));
	assert_int_equal(rate_of(state, NONE, NONE), 3);
	assert_ok(chmod(*state, 0777));
	(void)snprintf(said, sizeof(said),
		       "others can put files into %s (mode 0777): chmod go-w %s, or move the file",
		       (const char *)*state, (const char *)*state);
	assert_wrong(state, NONE, NONE, LIST(said, said, said));
	assert_ok(chmod(*state, 0700));
	/* where a link leads to */
	folder_file(*state, "open/x.conf", "[limits]\nrate = 6\n");
	assert_ok(chmod(open_one.s, 0775));
	assert_ok(symlink(elsewhere.s, in_folder(state, "etc/streamer.conf.d/c.conf").s));
	(void)snprintf(
		said, sizeof(said),
		"%s/c.conf: others can put files into %s (mode 0775): chmod go-w %s, or move "
		"the file",
		drop.s, open_one.s, open_one.s);
	assert_wrong(state, NONE, NONE, LIST(said));
	assert_ok(chmod(open_one.s, 0755));
	assert_int_equal(rate_of(state, NONE, NONE), 6);
	/* a mask, too, is what somebody says */
	assert_ok(chmod(etc.s, 0757));
	assert_ok(unlink(in_folder(state, "etc/streamer.conf").s));
	assert_ok(symlink("/dev/null", in_folder(state, "etc/streamer.conf").s));
	(void)snprintf(said, sizeof(said),
		       "others can put files into %s (mode 0757): chmod go-w %s, or move the file",
		       etc.s, etc.s);
	assert_wrong(state, NONE, NONE, LIST(said, said, said, said));
	assert_ok(chmod(etc.s, 0755));
}

static void a_variable_that_is_none_is_told(void **state)
{
	struct config *config;

	assert_wrong(state,
		     LIST("RINGSIDE_RAET=4", "RINGSIDE_LABELS=a=b", "RINGSIDE_MAXUSE=5G",
			  "RINGSIDE_COUNT=3"),
		     NONE,
		     LIST("unknown variable RINGSIDE_RAET: did you mean RINGSIDE_RATE?",
			  "unknown variable RINGSIDE_LABELS: did you mean RINGSIDE_LABEL?",
			  "unknown variable RINGSIDE_MAXUSE: did you mean RINGSIDE_MAX_USE?",
			  "RINGSIDE_COUNT: --count is of the command line only"));
	config = read_all(state,
			  LIST("RINGSIDE_SERVE_PORT=tcp://10.0.0.1:9464", "RINGSIDE_DIR=/x",
			       "RINGSIDE_FORWARD_DIR=/x", "RINGSIDE_GUEST_SECONDS=900",
			       "RINGSIDE_RAET=", "RINGSIDE_RATE=7"),
			  NONE);
	assert_int_equal(config->n_notes, 1);
	assert_true(config->notes[0].is_warning);
	assert_string_equal(config->notes[0].text,
			    "unknown variable RINGSIDE_SERVE_PORT does nothing: "
			    "ringside-streamer(8) says which there are");
	(void)config_free(config);
}

/* All that can be typed comes back from what is printed. */
static void odd_values_are_printed_as_they_can_be_read(void **state)
{
	static const char *const odd[] = {
		" a",
		"a ",
		"\ta\t",
		"a\nb",
		"a\n",
		"\"a\"",
		"\"a b\" \"c\"",
		"\"",
		"\"\"",
		"\\",
		"\\n",
		"\"\\\"",
		"a ; b # c",
		"# a",
		"; a",
		"[a]",
		"= a",
		"a\x01\x7f",
		"\xff\xfe",
		"a\r",
		" \xc3\xa4 \\x41",
		"\"a\"b\"",
		"'a'",
		"$(x) \"y\"",
	};

	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		struct config *config = read_all(state, NONE, LIST("-w", odd[i])), *again;
		_cleanup_free_ char *text = NULL;
		size_t size;
		FILE *out = open_memstream(&text, &size);

		assert_non_null(out);
		config_print(config, out);
		assert_ok(fclose(out));
		folder_file(*state, "again.conf", text);
		again = read_all(state, NONE, LIST("--config", in_folder(state, "again.conf").s));
		assert_string_equal(again->values.options.sink.path, odd[i]);
		(void)config_free(config);
		(void)config_free(again);
	}
	folder_file(*state, "etc/streamer.conf",
		    "[output]\nwrite = \"a\\q\"\nwrite = \"a\\x0\"\nwrite = \"a\\x00\"\n");
	assert_wrong(state, NONE, NONE,
		     LIST("streamer.conf:2: in a value in quotes, \\ is followed by \", \\, n, t, "
			  "r or xHH",
			  "streamer.conf:3: in a value in quotes, \\ is followed by \", \\, n, t, "
			  "r or xHH",
			  "streamer.conf:4: in a value in quotes, \\ is followed by \", \\, n, t, "
			  "r or xHH"));
}

static void people_write_lines_in_many_ways(void **state)
{
	struct config *config;
	const struct options *o;

	folder_file(*state, "etc/streamer.conf",
		    "\xef\xbb\xbf# of another system\r\n[limits]\r\n   rate=5,6\r\n\r\n; so\r\n"
		    "\t[streamer]\t\r\n  host-name : a ; b # c  \r\nquiet=on\r\n"
		    "[output]\nwrite=/var/log/x=y;z\npost-rotate =  a  ;  b # c\n"
		    "[oom_kill]\nenabled = 0\nattach = kprobe\n[tcp]\nenabled = true");
	config = read_all(state, NONE, NONE);
	o = &config->values.options;
	assert_int_equal(o->kernel.rate, 5);
	assert_int_equal(o->kernel.burst, 6);
	assert_string_equal(o->pipeline.header.host_name, "a ; b # c");
	assert_true(o->quiet);
	assert_string_equal(o->sink.path, "/var/log/x=y;z");
	assert_string_equal(o->sink.post_rotate, "a  ;  b # c");
	assert_int_equal(o->kernel.probes, 1u << WIRE_SECCOMP_DENIAL | 1u << WIRE_TCP_QUEUE);
	assert_int_equal(o->kernel.attach[WIRE_OOM_KILL], KERNEL_TIER_KPROBE);
	assert_int_equal(o->kernel.attach[WIRE_SECCOMP_DENIAL], KERNEL_TIER_NONE);
	(void)config_free(config);
}

/* libinih's own lines have 200 bytes. */
static void no_value_is_cut(void **state)
{
	char text[18000], value[8002];
	struct config *config;

	for (size_t n = 150; n <= 8000; n += n < 450 ? 1 : 773) {
		for (size_t i = 0; i < n; i++)
			value[i] = "x ;#\t="[i % 6];
		value[n - 1] = 'y';
		value[n] = '\0';
		(void)snprintf(text, sizeof(text), "[output]\nwrite = %s\n[limits]\nrate = 9\n",
			       value);
		config = config_new();
		assert_non_null(config);
		assert_ok(config_read_text(config, "x", text, strlen(text)));
		assert_int_equal(config->n_notes, 0);
		assert_string_equal(config->values.options.sink.path, value);
		assert_int_equal(config->values.options.kernel.rate, 9);
		(void)config_free(config);
	}
	memset(value, 'x', 8001);
	value[8001] = '\0';
	(void)snprintf(text, sizeof(text), "[output]\nwrite = %s\nwrite = %8200s\n", value, "x");
	folder_file(*state, "etc/streamer.conf", text);
	assert_wrong(state, NONE, NONE,
		     LIST("streamer.conf:2: the value is longer than 8000 bytes",
			  "streamer.conf:3: the line is longer than 8192 bytes"));
}

static void all_that_is_wrong_is_said_at_once_with_its_line(void **state)
{
	folder_file(*state, "etc/streamer.conf",
		    "rate = 5\n[limit]\nrate = nobody looks at it\n[limits]\nraet = 4\nrate = x\n"
		    "write = x\n[oom]\nenabled = maybe\nprobes = oom\nattach = fentr\n"
		    "[output]\ncompress = 9\nforce = yes\nfoo\n[x\nwrite = \xff\nwrite = a\x01\n"
		    "max-size = 1\n= 3\n[streamer]\nhost = x\n[nothing]\n");
	folder_file(*state, "etc/streamer.conf.d/a.conf", "[labels]\na b = c\n");
	assert_wrong(
		state, LIST("RINGSIDE_PROBES=oom,none"), NONE,
		LIST("etc/streamer.conf:1: rate belongs to [limits]",
		     "etc/streamer.conf:2: unknown section [limit]: did you mean [limits]?",
		     "etc/streamer.conf:5: unknown key 'raet' in [limits]: did you mean rate?",
		     "etc/streamer.conf:6: rate 'x': accepts N or N,BURST: events a second, 0 for "
		     "no limit, and at least 1 at once",
		     "etc/streamer.conf:7: write belongs to [output]",
		     "etc/streamer.conf:9: enabled 'maybe': accepts yes or no",
		     "etc/streamer.conf:10: each probe has its own: 'enabled' in a section such as "
		     "[oom]",
		     "etc/streamer.conf:11: attach 'fentr': accepts auto, fentry, kprobe or "
		     "tracepoint",
		     "etc/streamer.conf:13: compress '9': accepts a number from 0 to 8",
		     "etc/streamer.conf:14: force is of the command line only",
		     "etc/streamer.conf:15: the line is neither KEY = VALUE nor [SECTION] nor a "
		     "comment (#)",
		     "etc/streamer.conf:16: a section is [NAME], on a line of its own",
		     "etc/streamer.conf:17: the line is not UTF-8",
		     "etc/streamer.conf:18: the line holds a control character",
		     "etc/streamer.conf:19: max-size '1': accepts bytes, or a number with K, M or "
		     "G, from 64K",
		     "etc/streamer.conf:20: the line has no name in front of its =",
		     "etc/streamer.conf:22: unknown key 'host' in [streamer]: "
		     "ringside-streamer(8) lists all",
		     "etc/streamer.conf:23: unknown section [nothing]: ringside-streamer(8) lists "
		     "all",
		     "etc/streamer.conf.d/a.conf:2: label 'a b=c': accepts KEY=VALUE, KEY of up to "
		     "63 letters, digits and _.-/, VALUE of up to 255 bytes of UTF-8",
		     "RINGSIDE_PROBES 'none': accepts a list of oom (oom_kill), seccomp "
		     "(seccomp_denial), tcp (tcp_queue), bpf (bpf_object), signal (signal_kill)"));
}

static void the_later_of_two_lines_counts_and_is_told(void **state)
{
	struct config *config;

	folder_file(*state, "etc/streamer.conf",
		    "[limits]\nrate = 2\n[labels]\na = 1\n[limits]\nrate = 3\n[labels]\na = 2\n");
	folder_file(*state, "etc/streamer.conf.d/a.conf", "[limits]\nrate = 4\n[labels]\na = 3\n");
	config = read_all(state, NONE, NONE);
	assert_int_equal(config->values.options.kernel.rate, 4);
	assert_int_equal(config->values.options.pipeline.header.n_labels, 1);
	assert_string_equal(config->values.options.pipeline.header.labels[0].value, "3");
	assert_int_equal(config->n_notes, 2);
	assert_non_null(strstr(config->notes[0].text,
			       "streamer.conf:6: rate is given again: line 2 does not count"));
	assert_non_null(strstr(config->notes[1].text,
			       "streamer.conf:8: a is given again: line 4 does not count"));
	(void)config_free(config);
}

static void labels_of_all_places_come_together(void **state)
{
	struct config *config;
	const struct header_config *header;

	folder_file(*state, "etc/streamer.conf", "[labels]\na = 1\nb = 2\nc =\n");
	config = read_all(state, LIST("RINGSIDE_LABEL=b=3,d=4"), LIST("--label", "d=5"));
	header = &config->values.options.pipeline.header;
	assert_int_equal(header->n_labels, 4);
	assert_string_equal(header->labels[0].value, "1");
	assert_string_equal(header->labels[1].value, "3");
	assert_string_equal(header->labels[2].value, "");
	assert_string_equal(header->labels[3].value, "5");
	(void)config_free(config);
}

static void an_empty_value_is_what_is_built_in(void **state)
{
	struct config *config;
	const struct options *o;

	folder_file(*state, "lib/streamer.conf",
		    "[limits]\nrate = 7,8\n[output]\nwrite = x\nmax-size = 1M\ncompress = 0\n"
		    "[oom]\nenabled = no\nattach = kprobe\n[kernel]\nbuild = core\n");
	folder_file(*state, "etc/streamer.conf",
		    "[limits]\nrate =\n[output]\nwrite=\nmax-size=\ncompress =\n"
		    "[oom]\nenabled =\nattach =\n[kernel]\nbuild =\n");
	config = read_all(state, NONE, NONE);
	o = &config->values.options;
	assert_int_equal(o->kernel.rate, 1);
	assert_int_equal(o->kernel.burst, 20);
	assert_string_equal(o->sink.path, "-");
	assert_int_equal(o->sink.max_bytes, 0);
	assert_int_equal(o->sink.level, SINK_LEVEL_BY_NAME);
	assert_true(o->kernel.probes & 1u << WIRE_OOM_KILL);
	assert_int_equal(o->kernel.attach[WIRE_OOM_KILL], KERNEL_TIER_NONE);
	assert_int_equal(o->kernel.build, KERNEL_BUILD_AUTO);
	(void)config_free(config);
}

/* What a service records does not get in the way of who looks. */
static void another_place_to_write_to_takes_nothing_of_the_files(void **state)
{
	struct config *config;

	folder_file(*state, "etc/streamer.conf",
		    "[output]\nwrite = /var/log/ringside/\nmax-files = 9\npost-rotate = x\n"
		    "[retention]\nmax-age = 5d\n[limits]\nrate = 0\n[streamer]\nbrake = x\n");
	for (const char *const *args = LIST("-w-", "--doctor"); *args; args++) {
		config = read_all(state, NONE, LIST(*args));
		assert_string_equal(config->values.options.sink.path, "-");
		assert_int_equal(config->values.options.sink.max_files, 0);
		assert_null(config->values.options.sink.post_rotate);
		assert_int_equal(config->values.options.sink.max_age, 0);
		assert_null(config->values.options.brake);
		assert_int_equal(config->values.options.kernel.container_rate, 0);
		(void)config_free(config);
	}
	config = read_all(state, NONE, LIST("-W5"));
	assert_string_equal(config->values.options.sink.path, "/var/log/ringside/");
	assert_int_equal(config->values.options.sink.max_files, 5);
	(void)config_free(config);
}

static void statistics_are_those_of_a_probe_that_is_on(void **state)
{
	struct config *config;

	folder_file(*state, "etc/streamer.conf", "[bpf]\nenabled = yes\nbpf-stats = yes\n");
	config = read_all(state, NONE, NONE);
	assert_true(config->values.options.kernel.bpf_stats);
	(void)config_free(config);
	config = read_all(state, NONE, LIST("--probes", "oom"));
	assert_false(config->values.options.kernel.bpf_stats);
	(void)config_free(config);
}

static void each_value_says_where_it_comes_from(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct config *config;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	folder_file(*state, "etc/streamer.conf", "[limits]\nrate = 3,4\n[labels]\na = 1\n");
	config = read_all(state, LIST("RINGSIDE_HOST_NAME=h"),
			  LIST("--probes", "oom", "-w", "a\nb", "--label", "b= 2"));
	config_print(config, out);
	assert_ok(fclose(out));
	for (const char *const *wanted =
		     LIST("etc/streamer.conf:2\nrate = 3,4\n",
			  "# built in\ncontainer-rate = 1000\n",
			  "# environment RINGSIDE_HOST_NAME\nhost-name = h\n",
			  "[oom]\n# option --probes\nenabled = yes\n",
			  "[seccomp]\n# option --probes\nenabled = no\n",
			  "# option --write\nwrite = \"a\\nb\"\n",
			  "etc/streamer.conf:4\na = 1\n# option --label\nb = \" 2\"\n");
	     *wanted; wanted++)
		if (!strstr(text, *wanted))
			fail_msg("\"%s\" is not in:\n%s", *wanted, text);
	(void)config_free(config);
}

static void a_running_streamer_takes_what_it_can(void **state)
{
	const struct folder_path etc = in_folder(state, "etc");
	const char *const folders[] = {etc.s, NULL};
	char *argv[] = {(char *)(uintptr_t) "ringside-streamer", NULL};
	const struct config_sources sources = {.argc = 1,
					       .argv = argv,
					       .folders = folders,
					       .environment = NONE,
					       .owner = getuid()};
	struct config *config = config_new();
	const struct options *o = &config->values.options;
	struct config_changes changes;

	folder_file(*state, "etc/streamer.conf",
		    "[output]\nwrite = here/\n[retention]\nmax-age = 5d\n[labels]\na = 1\n");
	assert_ok(config_read(config, &sources));
	for (unsigned i = 0; i < 3; i++) { /* what was said before is not borrowed of any more */
		assert_ok(config_reload(config, &sources, NULL, &changes));
		assert_string_equal(changes.applied, "");
		assert_string_equal(changes.later, "");
		assert_string_equal(o->pipeline.header.labels[0].value, "1");
	}
	folder_file(*state, "etc/streamer.conf",
		    "[retention]\nmax-age = 6d\nkeep-free = 5%\n[labels]\na = 1\nb = 2\n"
		    "[oom]\nattach = kprobe\n[limits]\nrate = 7\n[output]\nwrite = elsewhere/\n");
	assert_ok(config_reload(config, &sources, NULL, &changes));
	assert_string_equal(changes.applied, "keep-free, max-age, label");
	assert_string_equal(changes.later, "write, attach of oom, rate");
	assert_int_equal(o->sink.max_age, 6 * 86400);
	assert_int_equal(o->sink.keep_free.percent, 5);
	assert_int_equal(o->pipeline.header.n_labels, 2);
	assert_int_equal(o->kernel.rate, 1);
	assert_string_equal(o->sink.path, "here/");
	folder_file(*state, "etc/streamer.conf", "[labels]\nb = 3\n[nothing]\n[nowhere]\n");
	assert_int_equal(config_reload(config, &sources, NULL, &changes), -EINVAL);
	assert_non_null(strstr(changes.wrong, "streamer.conf:3: unknown section [nothing]"));
	assert_non_null(strstr(changes.wrong, " (and more: --check-config)"));
	assert_int_equal(o->pipeline.header.n_labels, 2);
	(void)config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_in_folder(what_is_nearer_to_the_user_counts),
		test_in_folder(a_drop_in_hides_the_one_of_its_name_below),
		test_in_folder(a_link_to_dev_null_hides_what_is_below),
		test_in_folder(one_file_can_stand_for_all),
		test_in_folder(files_that_others_could_write_are_refused),
		test_in_folder(files_in_folders_that_others_could_write_to_are_refused),
		test_in_folder(a_variable_that_is_none_is_told),
		test_in_folder(odd_values_are_printed_as_they_can_be_read),
		test_in_folder(people_write_lines_in_many_ways),
		test_in_folder(no_value_is_cut),
		test_in_folder(all_that_is_wrong_is_said_at_once_with_its_line),
		test_in_folder(the_later_of_two_lines_counts_and_is_told),
		test_in_folder(labels_of_all_places_come_together),
		test_in_folder(an_empty_value_is_what_is_built_in),
		test_in_folder(another_place_to_write_to_takes_nothing_of_the_files),
		test_in_folder(statistics_are_those_of_a_probe_that_is_on),
		test_in_folder(each_value_says_where_it_comes_from),
		test_in_folder(a_running_streamer_takes_what_it_can),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
