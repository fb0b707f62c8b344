/* SPDX-License-Identifier: Apache-2.0 */
/* What a Header says about a machine, as a report for people. */
#pragma once

#include <stdbool.h>

#include "ringside.pb-c.h"
#include "writer.h"

/* All default probes are attached. */
bool doctor_works(const Ringside__V1__Header *header);

/* The report: how each probe is attached, what it cannot see, what it costs, what was tried;
 * buffers and limits; and at the end what to do. */
void doctor_report(struct writer *writer, const Ringside__V1__Header *header);

/* Why a streamer may not have been able to start, as far as we can see from here: privileges,
 * BTF, lockdown. Nothing is written if nothing is found. */
void doctor_explain(struct writer *writer);
