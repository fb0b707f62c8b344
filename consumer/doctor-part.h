/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of doctor's report share. */
#pragma once

#include "doctor.h"
#include "line.h"

#define DOCTOR_NAME 16 /* columns of the first: "seccomp_denial" */

#define DOCTOR_BOLD "\x1b[1m"
#define DOCTOR_RED "\x1b[1;31m"
#define DOCTOR_GREEN "\x1b[32m"
#define DOCTOR_PLAIN "\x1b[0m"

struct doctor_page {
	struct writer *writer;
	const struct diagnosis *diagnosis;
	bool color;
};

/* @text, filled with blanks up to @width columns. @color may be NULL. */
void doctor_cell(struct line *line, const char *text, size_t width, const char *color);

/* A name in the first column and a text behind it. */
void doctor_row(const struct doctor_page *report, const char *name, const char *text);

/* The titles of columns, after an empty line. */
void doctor_heading(const struct doctor_page *report, const char *text);

void doctor_table(const struct doctor_page *report);
void doctor_blind_spots(const struct doctor_page *report);
