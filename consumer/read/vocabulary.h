/* SPDX-License-Identifier: Apache-2.0 */
/* The words for what Ringside tells: the same in filters, JSON, /metrics, /check, stats and the man
 * pages. json-members.py makes ringside-json(5) and the schema from the first two lists. */
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

/* NULL: it is left out. */
const char *vocabulary_member(const ProtobufCMessageDescriptor *message, const char *field);

/* Its values are words of ours, in small letters; others are the kernel's, or written like those.
 */
bool vocabulary_is_small(const ProtobufCEnumDescriptor *type);
