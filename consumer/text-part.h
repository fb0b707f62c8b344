/* SPDX-License-Identifier: Apache-2.0 */
/* The parts text.c is made of: text-*.c and advice.c. Each appends to the line. */
#pragma once

#include <stdbool.h>

#include "line.h"
#include "ringside.pb-c.h"

#define TEXT_NAME_MAX 128 /* bytes shown of one foreign name; the kernel's are shorter */

/* "python3[1234]": the leader's name, as ps shows it. */
void text_process(struct line *line, const Ringside__V1__Process *process);
/* As text_who. */
void text_container(struct line *line, const Ringside__V1__Container *container);
/* A path; of a long one both ends, and a hash of all of it between them. */
void text_path(struct line *line, const char *path);
#define TEXT_PATH_MAX 4096
/* The container, or the pod, is where its runtime puts them: its name tells it. */
bool text_is_home(const Ringside__V1__Container *c);
/* The path down to the container, which is not there. */
void text_away(struct line *line, const Ringside__V1__Container *c);
/* What is nested in it: its path where its name would not tell it, "/docker:<id>/x.service" else.
 */
void text_nested(struct line *line, const Ringside__V1__Container *c);
/* Digits of libvirt's number of the machine; 0: it has none. */
size_t text_libvirt_number(const Ringside__V1__Container *c, const char **ret_digits);
/* "12 OOM kills", "1 seccomp denial", "3 tcp_queue events" */
void text_events(struct line *line, bool known, uint64_t count, const char *kind);
/* An enum's value without its common prefix, in small letters; "" if it has no name. */
void text_enum(struct line *line, const ProtobufCEnumDescriptor *type, int value,
	       const char *prefix);

void text_short_id(struct line *line, const char *id); /* 12 of 64 hex digits, names whole */
/* What text_short_id left out of @c's id in @text, text_container's, and where; "": nothing. */
const char *text_id_rest(const Ringside__V1__Container *c, const char *text, size_t *ret_at);

/* They are of the same container, or unit, and of the same that is nested in it. */
bool text_same_container(const Ringside__V1__Container *a, const Ringside__V1__Container *b);
/* It is in a container or a machine; a batch system's job is none. */
bool text_in_container(const Ringside__V1__Container *c);

void text_oom_kill(struct line *line, const Ringside__V1__OomKill *kill);
bool text_shmem_matters(const Ringside__V1__OomKill *kill);

void text_seccomp_denial(struct line *line, const Ringside__V1__SeccompDenial *denial,
			 const Ringside__V1__Header *header);
void text_seccomp_limited(struct line *line, const Ringside__V1__Limited *limited,
			  const Ringside__V1__Header *header);
/* A program that gets ENOSYS for this call knows another way. */
bool text_falls_back(const char *syscall_name);

#define TEXT_COMMAND_MAX 1024
/* A word of a shell's command: quoted where a shell, or who reads options, would see more in it. */
void text_shell_word(struct line *line, const char *word);
/* systemctl's @verb for the unit @name as @c has it, with what stands behind it. False if no
 * command of this machine reaches that unit's manager for sure; nothing is put then. */
bool text_systemctl(struct line *line, const Ringside__V1__Container *c, const char *name,
		    const char *verb, const char *more);
/* The path of a cgroup's file. */
void text_cgroup_file(struct line *line, const Ringside__V1__Container *c, const char *v2,
		      const char *v1);

void advice_oom_kill(struct line *line, const Ringside__V1__OomKill *kill);
void advice_seccomp_denial(struct line *line, const Ringside__V1__SeccompDenial *denial);
void advice_seccomp_limited(struct line *line, const Ringside__V1__Limited *limited);
void advice_lost(struct line *line, const Ringside__V1__Lost *lost);

void text_header(struct line *line, const Ringside__V1__Header *header);
void text_footer(struct line *line, const Ringside__V1__Footer *footer);
void text_counters(struct line *line, const Ringside__V1__Counters *counters);
void text_lost(struct line *line, const Ringside__V1__Lost *lost);
void text_limited(struct line *line, const Ringside__V1__Limited *limited);
void text_clock(struct line *line, const Ringside__V1__Clock *clock);
