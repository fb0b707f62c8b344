/* SPDX-License-Identifier: Apache-2.0 */
/* What fields are called in OpenTelemetry. Whose process and container an event is about is told by
 * its semantic conventions; what they have no word for, in the words of vocabulary.h behind a
 * prefix that is ours: linux.oom., linux.seccomp., ringside.lost. */
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>

/* What is told of a field. */
enum otel_what {
	OTEL_AS_IT_IS,
	OTEL_BASENAME, /* of a path */
	OTEL_LEADER,   /* of a process: its leader's name */
};

/* Of the process and the container that an event is about. A field may have several. */
#define OTEL_NAMES(ROW)                                                                            \
	ROW(process, pid, "process.pid", OTEL_AS_IT_IS)                                            \
	ROW(process, tid, "thread.id", OTEL_AS_IT_IS)                                              \
	ROW(process, parent_pid, "process.parent_pid", OTEL_AS_IT_IS)                              \
	ROW(process, vpid, "process.vpid", OTEL_AS_IT_IS)                                          \
	ROW(process, uid, "process.user.id", OTEL_AS_IT_IS)                                        \
	ROW(process, comm, "process.command", OTEL_LEADER)                                         \
	ROW(process, comm, "thread.name", OTEL_AS_IT_IS)                                           \
	ROW(process, leader_comm, "", OTEL_AS_IT_IS)                                               \
	ROW(process, executable_path, "process.executable.path", OTEL_AS_IT_IS)                    \
	ROW(process, executable_path, "process.executable.name", OTEL_BASENAME)                    \
	ROW(container, id, "container.id", OTEL_AS_IT_IS)                                          \
	ROW(container, runtime, "container.runtime.name", OTEL_AS_IT_IS)                           \
	ROW(container, container_name, "container.name", OTEL_AS_IT_IS)                            \
	ROW(container, container_name, "k8s.container.name", OTEL_AS_IT_IS)                        \
	ROW(container, pod_name, "k8s.pod.name", OTEL_AS_IT_IS)                                    \
	ROW(container, pod_uid, "k8s.pod.uid", OTEL_AS_IT_IS)                                      \
	ROW(container, namespace_name, "k8s.namespace.name", OTEL_AS_IT_IS)                        \
	ROW(container, ecs_task_id, "aws.ecs.task.id", OTEL_AS_IT_IS)

struct otel_name {
	const ProtobufCMessageDescriptor *message;
	const char *field;
	const char *name; /* "": it is told by another one */
	enum otel_what what;
};

/* The @i-th of a field; NULL: it has no more. */
const struct otel_name *otel_name_of(const ProtobufCMessageDescriptor *message, const char *field,
				     unsigned i);

/* What a field is called behind a prefix of ours; NULL: it is left out. */
const char *otel_own_name(const ProtobufCMessageDescriptor *message,
			  const ProtobufCFieldDescriptor *field);
