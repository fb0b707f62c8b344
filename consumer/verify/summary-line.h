/* SPDX-License-Identifier: Apache-2.0 */
/* What verify found, as one line. */
#pragma once

#include "consumer/verify/verify.h"

#define SUMMARY_SIZE 1024

/* "complete", "whole, but 312 events of KIND lost (ring full)", ... */
void summary_text(const struct verify_report *report, char buf[SUMMARY_SIZE]);

/* "no checksum covers the last 3 records (412 bytes)"; "" if all are covered. */
void summary_uncovered(const struct verify_report *report, char buf[SUMMARY_SIZE]);
