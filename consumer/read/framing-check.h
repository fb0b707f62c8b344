/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the framing of a plain file still leads from record to record, and where it does again.
 * For readers that go on past damage without believing as little as damaged-reader.h: a record is
 * doubted only if its number is not the next one and nothing behind it looks like a record. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "consumer/read/file-window.h"
#include "consumer/read/resync.h"
#include "proto/record/frame.h"
#include "proto/record/peek.h"

struct astray {
	struct window window;
	struct resync resync; /* its latest_seq: of the latest record that was not in doubt */
	bool ended;           /* none was found up to the end of the file */
	uint64_t found;       /* 1 + where astray_find has found a record; 0: nowhere */
};

void astray_init(struct astray *astray, int fd);
void astray_done(struct astray *astray);

/* Whether to believe @frame, at frame->offset of the file, in which @peek was found. */
bool astray_believes(struct astray *astray, const struct frame *frame, const struct peek *peek,
		     bool header);

/* Looks for a record from @from on, up to @limit. 0 or -errno. */
int astray_find(struct astray *astray, uint64_t from, uint64_t limit, struct resync_hole *ret);
