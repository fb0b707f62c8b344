/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of seccomp_denial.c share. */
#pragma once

#include <stdbool.h>

#include "consumer/base/text-line.h"
#include "proto/ringside.pb-c.h"

#define DENIAL_ENOSYS 38 /* of all architectures we run on, whatever reads the stream */

/* What denials have in common with a Limited that says what it holds back. */
struct denial {
	const Ringside__V1__Limited *limited; /* NULL: it is a denial */
	const Ringside__V1__Process *process; /* of a denial */
	const Ringside__V1__Container *container;
	const char *arch_name, *syscall_name, *error_name;
	Ringside__V1__SeccompAction action;
	uint32_t arch, error_number;
	int32_t syscall_number;
	bool has_syscall, has_error, strict;
};

struct denial denial_read(const Ringside__V1__Record *record);

/* A program that gets this answer knows another way. */
bool denial_is_harmless(const struct denial *denial);

void denial_advice(struct line *line, const Ringside__V1__Record *record);
