/* SPDX-License-Identifier: Apache-2.0 */
/* What sentences are made of. Each appends to the line. */
#pragma once

#include <stdbool.h>

#include "consumer/base/text-line.h"
#include "proto/ringside.pb-c.h"

#define TEXT_MAX 4096     /* of a line: enough for nearly all; a longer one is cut */
#define TEXT_NAME_MAX 128 /* bytes shown of one foreign name; the kernel's are shorter */

/* The leader's name, as ps shows it; NULL: none is known. */
const char *text_comm(const Ringside__V1__Process *process);
/* "python3[1234]", by that name. */
void text_process(struct line *line, const Ringside__V1__Process *process);
/* Whose it is: namespace/pod/container, else runtime:id, else the systemd unit (of a user's
 * manager: user@1000.service/x.service), else the cgroup's path, else "host"; and what is nested in
 * it. */
void text_container(struct line *line, const Ringside__V1__Container *container);
/* A path; of a long one both ends, and a hash of all of it between them. */
void text_path(struct line *line, const char *path);
#define TEXT_PATH_MAX 4096
/* " in 3 s": whole seconds, never less than one; nothing, if it is not known. */
void text_period(struct line *line, const Ringside__V1__Limited *limited);
/* "  × 12 more in 3 s" */
void text_more(struct line *line, const Ringside__V1__Limited *limited);
/* The container, or the pod, is where its runtime puts them: its name tells it. */
bool text_is_home(const Ringside__V1__Container *c);
/* The path down to the container, which is not there. */
void text_away(struct line *line, const Ringside__V1__Container *c);
/* What is nested in it: its path where its name would not tell it, "/docker:<id>/x.service" else.
 */
void text_nested(struct line *line, const Ringside__V1__Container *c);
/* Digits of libvirt's number of the machine; 0: it has none. */
size_t text_libvirt_number(const Ringside__V1__Container *c, const char **ret_digits);
/* An enum's value without its common prefix, in small letters; "" if it has no name. */
void text_enum(struct line *line, const ProtobufCEnumDescriptor *type, int value,
	       const char *prefix);

/* A whole id of docker, podman, containerd or CRI-O: 64 random hex digits. */
bool text_is_hex_id(const char *id);
void text_short_id(struct line *line, const char *id); /* 12 of 64 hex digits, names whole */
/* What text_short_id left out of @c's id in @text, text_container's, and where; "": nothing. */
const char *text_id_rest(const Ringside__V1__Container *c, const char *text, size_t *ret_at);

/* They are of the same container, or unit, and of the same that is nested in it. */
bool text_same_container(const Ringside__V1__Container *a, const Ringside__V1__Container *b);
/* It is in a container or a machine; a batch system's job is none. */
bool text_in_container(const Ringside__V1__Container *c);
