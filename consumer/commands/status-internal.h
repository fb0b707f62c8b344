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

/* status-disk.c: what the recordings of a folder take, and what is left there to those who are not
 * root. */
struct disk_use {
	uint64_t files, bytes;
	uint64_t free_bytes, size_bytes; /* of the file system */
};
/* False: it is no folder that can be read, or has none. */
bool disk_use_find(struct disk_use *ret, const char *folder);
void disk_use_text(struct writer *writer, const struct disk_use *use);
void disk_use_put(struct json_page *page, const struct disk_use *use);

enum fleet_output { FLEET_TEXT, FLEET_JSON, FLEET_METRICS, FLEET_QUIET };

/* status-fleet.c: how each host is whose records are at @url. Returns the exit status. */
int status_fleet(const struct command *command, const char *url, enum fleet_output output);
