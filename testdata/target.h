/* SPDX-License-Identifier: Apache-2.0 */
/* Processes that are there to be ended. */
#pragma once

#include <sys/types.h>

#include "testdata/memcg.h"

#define TARGET_COMM "kill-target"
#define TARGET_THREADS 4

/* What one does once it is told to be ready; it returns only to exit with 0. */
typedef void (*target_fn)(const void *data);

/* Forks one into @memcg; returns when it is there, and does @fn. -errno. */
pid_t target_start(const struct memcg *memcg, target_fn fn, const void *data);

void target_waits(const void *unused);
void target_has_threads(const void *unused); /* TARGET_THREADS besides, waits */
void target_kills_itself(const void *unused);
void target_faults(const void *unused);           /* SIGSEGV */
void target_faults_in_thread(const void *unused); /* likewise, not the leader */
void target_dumps_slowly(const void *unused);     /* SIGSEGV */
void target_reads_beyond(const void *unused);     /* SIGBUS */
void target_burns(const void *unused);            /* until RLIMIT_CPU */
void target_writes_too_much(const void *unused);  /* SIGXFSZ */
void target_sets_timer(const void *unused);       /* SIGKILL, as those below */
void target_asks_for_message(const void *unused); /* mq_notify(3) */
void target_asks_for_input(const void *unused);   /* F_SETSIG */
void target_feigns_kill(const void *unused);      /* with a code that is the kernel's */
void target_feigns_fault(const void *unused);     /* likewise, SIGSEGV */
void target_handles_fault(const void *unused);
void target_execs_in_thread(const void *unused);
void target_exits_with_threads(const void *unused);
void target_aborts(const void *unused);
