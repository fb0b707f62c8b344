/* SPDX-License-Identifier: Apache-2.0 */
/* The words for what Ringside tells: the same in filters, JSON, /metrics, /check, stats and the man
 * pages. json-members.py makes ringside-json(5), its schema and the names that --fields knows from
 * these lists and ringside.proto. */
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

/* What a field is called in JSON, where it is called another way than in ringside.proto: the names
 * there are protobuf's, and cannot change. "": it is told by what all records have. */
#define VOCABULARY_MEMBERS(ROW)                                                                    \
	ROW(Process, start_boottime_nano, "start_boottime_seconds")                                \
	ROW(Container, cgroup_path, "cgroup")                                                      \
	ROW(Container, systemd_unit, "unit")                                                       \
	ROW(Container, systemd_slice, "slice")                                                     \
	ROW(Container, namespace_name, "namespace")                                                \
	ROW(Container, pod_name, "pod")                                                            \
	ROW(Container, container_name, "name")                                                     \
	ROW(Container, path_truncated, "cgroup_truncated")                                         \
	ROW(Container, systemd_user_unit, "user_unit")                                             \
	ROW(Container, systemd_user_slice, "user_slice")                                           \
	ROW(Container, systemd_user_uid, "user_uid")                                               \
	ROW(OomKill, victim, "process")                                                            \
	ROW(OomKill, victim_container, "container")                                                \
	ROW(SignalKill, target, "process")                                                         \
	ROW(SignalKill, target_container, "container")                                             \
	ROW(SignalKill, signal, "signal_number")                                                   \
	ROW(SignalKill, signal_name, "signal")                                                     \
	ROW(SignalKill, sent_boottime_nano, "sent_boottime_seconds")                               \
	ROW(SeccompDenial, arch, "arch_number")                                                    \
	ROW(SeccompDenial, arch_name, "arch")                                                      \
	ROW(SeccompDenial, syscall_name, "syscall")                                                \
	ROW(SeccompDenial, error_number, "errno_number")                                           \
	ROW(SeccompDenial, error_name, "errno")                                                    \
	ROW(Limited, kind, "probe")                                                                \
	ROW(Limited, arch, "arch_number")                                                          \
	ROW(Limited, arch_name, "arch")                                                            \
	ROW(Limited, syscall_name, "syscall")                                                      \
	ROW(Limited, error_number, "errno_number")                                                 \
	ROW(Limited, error_name, "errno")                                                          \
	ROW(Limited, signal, "signal_number")                                                      \
	ROW(Limited, signal_name, "signal")                                                        \
	ROW(Limited, kill_cause, "cause")                                                          \
	ROW(Limited, first_boottime_nano, "first_boottime_seconds")                                \
	ROW(Limited, last_boottime_nano, "last_boottime_seconds")                                  \
	ROW(CounterRow, arch, "arch_number")                                                       \
	ROW(CounterRow, arch_name, "arch")                                                         \
	ROW(CounterRow, syscall_name, "syscall")                                                   \
	ROW(CounterRow, error_number, "errno_number")                                              \
	ROW(CounterRow, error_name, "errno")                                                       \
	ROW(CounterRow, signal, "signal_number")                                                   \
	ROW(CounterRow, signal_name, "signal")                                                     \
	ROW(CounterRow, kill_cause, "cause")                                                       \
	ROW(RefusedCall, number, "syscall_number")                                                 \
	ROW(RefusedCall, name, "syscall")                                                          \
	ROW(BpfObject, type, "type_number")                                                        \
	ROW(BpfObject, type_name, "type")                                                          \
	ROW(BpfProgram, loaded_boottime_nano, "loaded_boottime_seconds")                           \
	ROW(Lost, kind, "probe")                                                                   \
	ROW(Lost, after_boottime_nano, "after_boottime_seconds")                                   \
	ROW(Lost, before_boottime_nano, "before_boottime_seconds")                                 \
	ROW(Lost, stream_id, "deleted_stream_id")                                                  \
	ROW(Lost, file_index, "deleted_file_index")                                                \
	ROW(Header, stream_id, "")                                                                 \
	ROW(Header, host_name, "")                                                                 \
	ROW(Header, labels, "")                                                                    \
	ROW(Clock, boottime_nano, "boottime_seconds")                                              \
	ROW(Clock, time_unix_nano, "real_time")

/* What all records have in JSON, where it is known: name, type, what it is. */
#define VOCABULARY_RECORD(ROW)                                                                     \
	ROW("time", "time", "when it happened; of what is no event, when it was written")          \
	ROW("host", "string", "name of the machine, by the stream's Header")                       \
	ROW("kind", "string", "what it is: the name of its part below")                            \
	ROW("severity", "severity",                                                                \
	    "ERROR: killed by the OOM killer, by the kernel or by seccomp, or events lost; WARN: " \
	    "a denied call, a process killed by another one, or what is full; INFO: the rest, "    \
	    "and denials with "                                                                    \
	    "ENOSYS, which libraries try for")                                                     \
	ROW("where", "string", "whose it is, as the text has it: shop/web-7f9/app")                \
	ROW("pid", "integer", "of the process it is about, as process.pid")                        \
	ROW("comm", "string", "name of that process, by its leader")                               \
	ROW("message", "string", "a sentence that stands by itself, with where in front")          \
	ROW("advice", "string", "what to change, as -v has it under the text")                     \
	ROW("self_test", "boolean", "the call was Ringside's own, with --self-tests")              \
	ROW("labels", "labels", "what the streamer's --label gave the stream")                     \
	ROW("stream_id", "string", "of the stream, 32 hexadecimal digits")                         \
	ROW("seq", "integer", "its number in the stream: with stream_id, its name for good")

/* What JSON has of what is full, besides its container: of which field of a row,
 * by its type; name, type, what it is. */
#define VOCABULARY_FULL(ROW)                                                                       \
	ROW(TcpQueue, "queue", "string", "which of a socket's two: receive or send")               \
	ROW(TcpQueue, "bytes", "integer",                                                          \
	    "in the container's fullest one, since the Counters before")                           \
	ROW(TcpQueue, "buffer_bytes", "integer", "what that has room for")                         \
	ROW(TcpQueue, "ratio", "number", "of the two; may be above 1")                             \
	ROW(BpfObject, "id", "integer", "of the map")                                              \
	ROW(BpfObject, "type", "string", "hash, ringbuf, ...")                                     \
	ROW(BpfObject, "name", "string", "of the map, as it was loaded")                           \
	ROW(BpfObject, "entries", "integer", "it holds; of a ring bytes that nobody has read")     \
	ROW(BpfObject, "max_entries", "integer", "it has room for")                                \
	ROW(BpfObject, "ratio", "number", "of the two")

/* What people ask by: the option of filters, where JSON has it, and what it is called in rows: as
 * label of /metrics, and as member of /check, stats, status and doctor. "": there it is not. */
#define VOCABULARY_IDEAS(ROW)                                                                      \
	ROW("kind", "kind", "kind")                                                                \
	ROW("severity", "severity", "")                                                            \
	ROW("host", "host", "host")                                                                \
	ROW("label", "labels", "")                                                                 \
	ROW("", "where", "where")                                                                  \
	ROW("unit", "container.unit", "unit")                                                      \
	ROW("user-unit", "container.user_unit", "")                                                \
	ROW("slice", "container.slice", "")                                                        \
	ROW("namespace", "container.namespace", "namespace")                                       \
	ROW("pod", "container.pod", "pod")                                                         \
	ROW("pod-uid", "container.pod_uid", "pod_uid")                                             \
	ROW("container", "container.name", "container")                                            \
	ROW("container-id", "container.id", "container_id")                                        \
	ROW("runtime", "container.runtime", "runtime")                                             \
	ROW("cgroup", "container.cgroup", "cgroup")                                                \
	ROW("comm", "comm", "comm")                                                                \
	ROW("pid", "pid", "pid")                                                                   \
	ROW("uid", "process.uid", "uid")                                                           \
	ROW("syscall", "syscall", "syscall")                                                       \
	ROW("action", "action", "action")                                                          \
	ROW("errno", "errno", "errno")                                                             \
	ROW("arch", "arch", "arch")                                                                \
	ROW("signal", "signal", "signal")

/* Fields whose numbers are addresses or bits: "0x7ffd", in JSON a string. */
#define VOCABULARY_HEX(ROW) ROW(args) ROW(gfp_mask) ROW(instruction_pointer) ROW(xxh3) ROW(xxh64)

/* Enums whose values are words of ours, in small letters; others are the kernel's. */
#define VOCABULARY_SMALL(ROW) ROW(Tier) ROW(Reason)

/* What the words of --redact take away, wherever a message has it. */
#define VOCABULARY_PRIVATE(ROW)                                                                    \
	ROW(args, "args")                                                                          \
	ROW(executable_path, "exe")                                                                \
	ROW(comm, "comm")                                                                          \
	ROW(leader_comm, "comm")                                                                   \
	ROW(sender_parent_comm, "comm")                                                            \
	ROW(instruction_pointer, "addresses")
#define VOCABULARY_PRIVATE_WORDS 4

/* The @i-th of these words, below VOCABULARY_PRIVATE_WORDS. */
const char *vocabulary_private_word(unsigned i);
/* 1 << i: the @i-th word takes the field away; 0: none does. */
unsigned vocabulary_private(const char *field);

/* NULL: it is left out. */
const char *vocabulary_member(const ProtobufCMessageDescriptor *message, const char *field);

/* What the field of some message is called; NULL: as it is, or there is none. */
const char *vocabulary_instead(const char *field);

bool vocabulary_is_hex(const char *field);
bool vocabulary_is_small(const ProtobufCEnumDescriptor *type);
