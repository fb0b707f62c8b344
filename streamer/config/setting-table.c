/* SPDX-License-Identifier: Apache-2.0 */
/* The table of all settings. */
#include <string.h>

#include "proto/base/util.h"
#include "streamer/config/command-line.h"
#include "streamer/config/setting-internal.h"

/* Below it, a file would hold little but its first and last records. */
#define MAX_BYTES_LEAST (64u << 10)

/* 0 * sizeof: the compiler compares the types. */
#define MEMBER(type, member)                                                                       \
	.offset = offsetof(struct options, member) +                                               \
		  0 * sizeof(&((struct options *)0)->member == (type *)0),                         \
	.size = sizeof(type)
#define FLAG(member) .kind = SETTING_FLAG, MEMBER(bool, member)
#define NUMBER(member, least, most)                                                                \
	.kind = SETTING_NUMBER, MEMBER(uint32_t, member), .min = least, .max = most,               \
	.accepts = "a number from " #least " to " #most
#define SECONDS(member, least, most)                                                               \
	.kind = SETTING_SECONDS, MEMBER(uint32_t, member), .min = least, .max = most,              \
	.accepts = "seconds from " #least " to " #most ", or numbers with s, min, h, d or week"
#define TEXT(member, most, what)                                                                   \
	.kind = SETTING_TEXT, MEMBER(const char *, member), .max = most, .accepts = what
#define CHOICE(type, member, from, what)                                                           \
	.kind = SETTING_CHOICE, MEMBER(type, member), .words = from, .accepts = what
#define AMOUNT(member)                                                                             \
	.kind = SETTING_AMOUNT, MEMBER(struct amount, member),                                     \
	.accepts = "bytes, a number with K, M, G or T, or 1% to 100%"
#define OUTCOME(number) .kind = SETTING_OUTCOME, .min = number

/* In the order of enum kernel_build. */
static const char *const build_modes[] = {"auto", "core", "legacy", "runtime", NULL};

/* Files have them in the order in which they stand here. */
const struct setting settings[] = {
	{{'w', "write", "FILE",
	  "write to FILE instead of stdout (-); one that exists and is not\n"
	  "empty is refused, unless --append or --force. DIR/: the mode of a\n"
	  "service, files named by time in a folder, which is made if need be"},
	 .section = "output",
	 TEXT(sink.path, UINT32_MAX, "the name of a file, or - for stdout")},
	{{'z', "compress", "[=LEVEL]",
	  "compress with zstd, level 1 to 8 (default 3); names in .zst and\n"
	  "folders are compressed anyway, unless -z0"},
	 .section = "output",
	 .set = set_level,
	 .print = print_level,
	 MEMBER(int, sink.level)},
	{{0, "append", NULL, "write behind what the recording FILE already has"},
	 .section = "output",
	 FLAG(sink.append)},
	{{0, "force", NULL, "replace FILE; write to a terminal"}, FLAG(sink.force)},
	{{'C', "max-size", "SIZE",
	  "begin another file at SIZE bytes, or K, M, G: FILE with a number in\n"
	  "its name (in DIR: default 64M, at most an eighth of --max-use)"},
	 .section = "output",
	 .kind = SETTING_SIZE,
	 MEMBER(uint64_t, sink.max_bytes),
	 .min = MAX_BYTES_LEAST,
	 .accepts = "bytes, or a number with K, M or G, from 64K"},
	{{'G', "max-time", "TIME",
	  "begin another file after so long, in seconds, or as 10min, 1h, 1d;\n"
	  "%-conversions of strftime(3) in FILE give its name, else a number\n"
	  "(in DIR: default 3600)"},
	 .section = "output",
	 SECONDS(sink.max_seconds, 1, 31536000)},
	{{'W', "max-files", "COUNT", "keep the latest COUNT files, a ring; with -C, -G or DIR"},
	 .section = "output",
	 NUMBER(sink.max_files, 2, 10000)},
	{{0, "post-rotate", "CMD", "run CMD FILE in a shell for each finished file"},
	 .section = "output",
	 TEXT(sink.post_rotate, 4000, "a command of the shell, up to 4000 bytes")},
	{{0, "max-use", "SIZE",
	  "of DIR: delete the oldest files above it, also of earlier streams;\n"
	  "or N% of the file system (default 10%, at most 4G)"},
	 .section = "retention",
	 .live = true,
	 AMOUNT(sink.max_use)},
	{{0, "keep-free", "SIZE", "of DIR: delete them as long as less is free; or N%"},
	 .section = "retention",
	 .live = true,
	 AMOUNT(sink.keep_free)},
	{{0, "max-age", "TIME", "of DIR: delete files last written before that: 30d, 12h, 2weeks"},
	 .section = "retention",
	 .live = true,
	 .kind = SETTING_SPAN,
	 MEMBER(uint64_t, sink.max_age),
	 .accepts = "seconds, or numbers with s, min, h, d, week, month or year: 30d, 1d12h"},
	{{0, "allow-shared-folder", NULL,
	  "permit a DIR that others can write to, and put recordings into"},
	 .section = "output",
	 FLAG(sink.allow_shared_folder)},
	{{0, "user", "NAME",
	  "go on as this user once the probes are attached (default: ringside\n"
	  "if there is one, or who ran sudo, where the recording is in a folder\n"
	  "of his or there is no ringside)"},
	 .section = "streamer",
	 TEXT(user, UINT32_MAX, "the name or number of a user")},
	{{'c', "count", "COUNT", "stop after COUNT events"}, .set = set_count},
	{{'U', "unbuffered", NULL, "write each event by itself, also in a storm"},
	 .section = "output",
	 FLAG(pipeline.flush_each)},
	{{0, "probes", "LIST",
	  "what to report: oom,seccomp (default: both), and tcp: how full\n"
	  "the TCP queues of each container are; bpf: all BPF programs and\n"
	  "maps of the machine, whose they are and what they take; signal:\n"
	  "who ended whom by SIGKILL, and whom the kernel did"},
	 .section = SETTING_PER_PROBE,
	 .key = "enabled",
	 .set = set_probes,
	 .print = print_probe},
	{{0, "bpf-stats", NULL,
	  "of bpf: let the kernel count how often and how long each program\n"
	  "runs, which takes every run of every program some 70 ns longer"},
	 .section = "bpf",
	 FLAG(kernel.bpf_stats)},
	{{0, "attach", "MODE",
	  "auto, fentry, kprobe or tracepoint (default auto: the best that\n"
	  "works here)"},
	 .section = SETTING_PER_PROBE,
	 .key = "attach",
	 .set = set_attach,
	 .print = print_attach},
	{{0, "build", "MODE",
	  "core: the built-in programs, fitted by the kernel's BTF; legacy: of\n"
	  "these, those for kernels before 5.17; runtime: compiled here, with\n"
	  "clang and the kernel's headers (default auto: core, legacy where the\n"
	  "kernel is that old, runtime where there is no BTF)"},
	 .section = "kernel",
	 CHOICE(enum kernel_build, kernel.build, build_modes, "auto, core, legacy or runtime")},
	{{0, "allow-syscall-tax", NULL,
	  "permit hooks that cost every process on the machine about\n"
	  "0.2 us a system call, where there are no others"},
	 .section = "kernel",
	 FLAG(kernel.allow_syscall_tax)},
	{{0, "btf", "FILE", "BTF of this kernel, if it does not carry its own"},
	 .section = "kernel",
	 TEXT(kernel.btf_path, UINT32_MAX, "the name of a file with this kernel's BTF")},
	{{0, "rate", "N[,BURST]",
	  "per container, system call, action and errno: BURST at once, then\n"
	  "N a second; the rest is counted (default 1,20; 0: no limit, nor\n"
	  "one per container unless --container-rate sets it)"},
	 .section = "limits",
	 .set = set_rate,
	 .print = print_rate,
	 .offset = offsetof(struct options, kernel.rate),
	 .size = 2 * sizeof(uint32_t)}, /* the burst, too */
	{{0, "container-rate", "N",
	  "per container: N a second (default 1000; 0: no limit). OOM kills\n"
	  "are never limited"},
	 .section = "limits",
	 NUMBER(kernel.container_rate, 0, 4294967295)},
	{{0, "label", "K=V", "put this into the stream's header; may be repeated"},
	 .section = SETTING_LABELS,
	 .live = true,
	 .set = set_label},
	{{0, "host-name", "NAME", "name of this machine in the header"},
	 .section = "streamer",
	 .set = set_host_name,
	 .print = print_host_name,
	 MEMBER(const char *, pipeline.header.host_name)},
	{{0, "ring-size", "SIZE",
	  "kernel buffer for all events but OOM kills, bytes or with K or M\n"
	  "(default 8M; rounded up to a power of two)"},
	 .section = "kernel",
	 .set = set_ring_size,
	 .print = print_ring_size,
	 MEMBER(uint32_t, kernel.bulk_ring_bytes)},
	{{0, "counters-interval", "TIME",
	  "write the sums this often, 1 to 3600 seconds (default 10)"},
	 .section = "streamer",
	 SECONDS(pipeline.header.counters_interval, 1, 3600)},
	{{0, "brake", "FILE",
	  "of a service: count in FILE the starts in a row that fail; after\n"
	  "three, watch OOM kills only, until it is removed or another version\n"
	  "starts"},
	 .section = "streamer",
	 TEXT(brake, 4000, "the name of a file, up to 4000 bytes")},
	{{0, "doctor", "[=hold|mark]",
	  "attach, write how that went as a stream of two records, and end;\n"
	  "exit code 1 if a probe could not be attached. With hold (as for\n"
	  "`ringside doctor`): end when stdout is not read any more. With mark:\n"
	  "attach nothing; calls of getppid with the first argument that is\n"
	  "printed are Ringside's own for all streamers that run, until then"},
	 .set = set_doctor},
	{{'q', "quiet", NULL, "nothing on stderr of what is attached, and no totals at the end"},
	 .section = "streamer",
	 FLAG(quiet)},
	{{0, "config", "FILE",
	  "read this file instead of those in /usr/lib/ringside, /etc/ringside\n"
	  "and their folders streamer.conf.d"},
	 TEXT(config, UINT32_MAX, "the name of a file")},
	{{0, "check-config", NULL,
	  "say all that is wrong with files, environment and options; exit code\n"
	  "1 if anything is"},
	 FLAG(checks_config)},
	{{0, "print-config", NULL,
	  "print all values, as a file that can be read again, and where each\n"
	  "comes from"},
	 FLAG(prints_config)},
	{{'h', "help", NULL, "print this"}, OUTCOME(OPTIONS_HELP)},
	{{0, "version", NULL, "print the version"}, OUTCOME(OPTIONS_VERSION)},
};

const size_t settings_count = ARRAY_SIZE(settings);
_Static_assert(ARRAY_SIZE(settings) <= SETTINGS_MAX, "room for the origins");
_Static_assert(offsetof(struct kernel_config, burst) ==
		       offsetof(struct kernel_config, rate) + sizeof(uint32_t),
	       "they are reset as one");
