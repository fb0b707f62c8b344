/* SPDX-License-Identifier: Apache-2.0 */
/* What sentence.c says of each kind. Each appends to the line. */
#pragma once

#include <stdbool.h>

#include "consumer/base/text-line.h"
#include "proto/ringside.pb-c.h"

void text_oom_kill(struct line *line, const Ringside__V1__OomKill *kill);
bool text_shmem_matters(const Ringside__V1__OomKill *kill);

void text_seccomp_denial(struct line *line, const Ringside__V1__SeccompDenial *denial,
			 const Ringside__V1__Header *header);
void text_seccomp_limited(struct line *line, const Ringside__V1__Limited *limited,
			  const Ringside__V1__Header *header);
/* A program that gets ENOSYS for this call knows another way. */
bool text_falls_back(const char *syscall_name);

void advice_oom_kill(struct line *line, const Ringside__V1__OomKill *kill);
void advice_seccomp_denial(struct line *line, const Ringside__V1__SeccompDenial *denial);
void advice_seccomp_limited(struct line *line, const Ringside__V1__Limited *limited);
void advice_lost(struct line *line, const Ringside__V1__Lost *lost);

/* "12 OOM kills", "1 seccomp denial", "3 tcp_queue events" */
void text_events(struct line *line, bool known, uint64_t count, const char *kind);
void text_header(struct line *line, const Ringside__V1__Header *header);
void text_footer(struct line *line, const Ringside__V1__Footer *footer);
void text_counters(struct line *line, const Ringside__V1__Counters *counters);
void text_lost(struct line *line, const Ringside__V1__Lost *lost);
void text_limited(struct line *line, const Ringside__V1__Limited *limited);
void text_clock(struct line *line, const Ringside__V1__Clock *clock);
