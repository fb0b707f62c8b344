/* SPDX-License-Identifier: Apache-2.0 */
/* What verify -v prints of an input, below its line. */
#pragma once

#include "consumer/verify/verify.h"

void verdict_table(const struct verify_report *report);
