/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of doctor's report share. */
#pragma once

#include "consumer/base/columns.h"
#include "consumer/doctor/doctor.h"

void doctor_table(struct columns *columns, const struct diagnosis *diagnosis);
void doctor_blind_spots(struct columns *columns, const struct diagnosis *diagnosis);
