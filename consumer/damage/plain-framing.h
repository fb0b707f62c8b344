/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the framing of a plain file still leads from record to record, and where it does again.
 * For readers that go on past damage without believing as little as damaged-reader.h: a record is
 * doubted only if its number is not the next one and nothing behind it looks like a record. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "consumer/damage/file-window.h"
#include "consumer/damage/resync.h"
#include "proto/record/frame.h"
#include "proto/record/peek.h"

struct plain_framing {
	struct file_window window;
	struct resync resync; /* its latest_seq: of the latest record that was not in doubt */
	bool ended;           /* none was found up to the end of the file */
	uint64_t found;       /* 1 + where plain_framing_find has found a record; 0: nowhere */
};

void plain_framing_init(struct plain_framing *framing, int fd);
void plain_framing_done(struct plain_framing *framing);

/* Whether to believe @frame, at frame->offset of the file, in which @peek was found. */
bool plain_framing_believes(struct plain_framing *framing, const struct frame *frame,
			    const struct peek *peek, bool header);

/* Looks for a record from @from on, up to @limit. 0 or -errno. */
int plain_framing_find(struct plain_framing *framing, uint64_t from, uint64_t limit,
		       struct resync_hole *ret);
