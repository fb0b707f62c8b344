/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rows of events, by key, within the share of whose they are. */
#pragma once

#include "bpf/common/share-rows.bpf.h"

/* Each cgroup that is kept apart can have a row of all that was beyond its share, and all that are
 * not have one together. */
#define ROWS_OTHERS (WIRE_SHARES + SHARE_SLACK)

#define ROW_FIND(map, key) bpf_map_lookup_elem(map, key)

/* The row of @key, which is made if there is none. It is looked up again after the insert, whatever
 * that answered: another CPU may have been first. */
#define ROW_MAKE(map, key, ret_made)                                                               \
	({                                                                                         \
		struct wire_row zero_ = {};                                                        \
		ret_made = !bpf_map_update_elem(map, key, &zero_, BPF_NOEXIST);                    \
		bpf_map_lookup_elem(map, key);                                                     \
	})

/* The row that an event of the cgroup whose share is in @slot is counted in: that of @key, or,
 * where the share has no room for that, that of all others of the cgroup, which OTHERS(key) makes
 * of the key. The table has room for @all rows besides. Evaluates to the row, or NULL: the table is
 * full.
 * @ret_made: it is new. */
#define ROW_OF(map, probe, all, slot, key, OTHERS, ret_made)                                       \
	ROW_OF_BY(ROW_FIND, ROW_MAKE, map, probe, all, slot, key, OTHERS, ret_made)

/* The same in a table that has its rows elsewhere. */
#define ROW_OF_BY(FIND, MAKE, map, probe, all, slot, key, OTHERS, ret_made)                        \
	({                                                                                         \
		struct wire_row *row_ = FIND(map, key);                                            \
		if (!row_ && share_has_room(slot, probe, all)) {                                   \
			row_ = MAKE(map, key, ret_made);                                           \
			if (row_ && (ret_made))                                                    \
				share_take_row(slot, probe);                                       \
		} else if (!row_) {                                                                \
			OTHERS(key);                                                               \
			row_ = FIND(map, key);                                                     \
			if (!row_)                                                                 \
				row_ = MAKE(map, key, ret_made);                                   \
		}                                                                                  \
		row_;                                                                              \
	})

static __always_inline void row_count(struct wire_row *row, __u64 now)
{
	ADD(row->count, 1);
	row->last = now;
}
