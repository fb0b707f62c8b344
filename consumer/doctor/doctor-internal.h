/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of doctor's report share. */
#pragma once

#include "consumer/doctor/doctor.h"

#define DOCTOR_NAME 16 /* columns of the first: kinds' names */

struct doctor_page {
	struct writer *writer;
	const struct diagnosis *diagnosis;
	bool color;
};

void doctor_table(const struct doctor_page *report);
void doctor_blind_spots(const struct doctor_page *report);
