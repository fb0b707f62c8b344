/* SPDX-License-Identifier: Apache-2.0 */
/* The programs of in-kernel.bpf.c, loaded, and cgroups for them. Needs root. */
#pragma once

#include <stdio.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/wire/wire.h" /* types of the skeleton */

#include "in_kernel.skel.h"
#include "testdata/memcg.h"
#include "tests/lib/test.h"

/* Opens the programs; the caller loads them, or only some of them. */
struct in_kernel *in_kernel_open(void);

/* Opens and loads the programs for a test. */
int in_kernel_setup(void **state);

/* Unloads the programs. */
int in_kernel_teardown(void **state);

/* Runs the program once, with @argument as its context, and returns what it does. */
int in_kernel_run(const struct bpf_program *program, uint64_t argument);

/* Puts the calling process into @memcg, and returns where it was, for leave(). */
struct memcg enter(const struct memcg *memcg);

/* Puts the calling process back to where it was. */
void leave(const struct memcg *home);

/* Returns the address of the struct cgroup of @memcg. */
uint64_t cgroup_address(struct in_kernel *programs, const struct memcg *memcg);
