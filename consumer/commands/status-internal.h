/* SPDX-License-Identifier: Apache-2.0 */
/* What `ringside status` consists of. */
#pragma once

#include "consumer/forwarding/forward-status.h"
#include "consumer/serve/health.h"

struct command;

/* The exit status, besides 0 and EXIT_FAILED. */
#define STATUS_DAMAGED 3
#define STATUS_LOSSES 4
#define STATUS_FORWARD 5

/* All that is known of a recording, but for what is in it. */
void status_text(struct writer *writer, const struct ledger *ledger, const struct health *health);

/* What is forwarded from this machine, a line for each target. */
void status_forwards_text(struct writer *writer, const struct forward_status *all, size_t n,
			  uint64_t now);

enum fleet_output { FLEET_TEXT, FLEET_JSON, FLEET_METRICS, FLEET_QUIET };

/* status-fleet.c: how each host is whose records are at @url. Returns the exit status. */
int status_fleet(const struct command *command, const char *url, enum fleet_output output);
