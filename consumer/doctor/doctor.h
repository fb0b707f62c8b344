/* SPDX-License-Identifier: Apache-2.0 */
/* A diagnosis for people and as JSON. */
#pragma once

#include <stdbool.h>

#include "consumer/doctor/diagnosis.h"
#include "consumer/layout/columns.h"

/* The table of what each probe can be attached by, what that cannot see, the memory it takes, and
 * what to do. 80 columns. */
void doctor_report(struct writer *writer, const struct diagnosis *diagnosis, bool color);

/* Of that, what each probe can be attached by, and what that cannot see. */
void doctor_table(struct columns *columns, const struct diagnosis *diagnosis);

/* All of it as one object. Where no streamer could start there is no header in it, and the object
 * says what is missing. */
void doctor_json(struct writer *writer, const struct diagnosis *diagnosis);

/* Why a streamer may not have been able to start, as far as we can see from here: privileges,
 * a user namespace, a seccomp profile, BTF, lockdown. */
#define DOCTOR_WHYS 5
struct doctor_why {
	char text[256];
	char command[64]; /* empty: there is none */
};
size_t doctor_why(struct doctor_why ret[DOCTOR_WHYS]);

/* That as text. Nothing is written if nothing is found. */
void doctor_explain(struct writer *writer);
