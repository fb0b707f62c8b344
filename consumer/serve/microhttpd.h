/* SPDX-License-Identifier: Apache-2.0 */
/* libmicrohttpd, loaded when it is needed: with what it depends on (TLS, which we do not use) it is
 * larger than all else, and would more than double the memory and the start of each command. */
#pragma once

#include <microhttpd.h>

/* Its functions, by their names without MHD_. */
#define MHD_FUNCTIONS(row)                                                                         \
	row(start_daemon) row(stop_daemon) row(create_response_from_fd64)                          \
		row(create_response_from_callback) row(add_response_header) row(queue_response)    \
			row(destroy_response) row(lookup_connection_value)                         \
				row(get_connection_values) row(get_connection_info)                \
					row(suspend_connection) row(resume_connection)             \
						row(http_unescape)

struct mhd {
	void *handle;
#define ROW(name) __typeof__(MHD_##name) *name;
	MHD_FUNCTIONS(ROW)
#undef ROW
};

#define MHD_LIBRARY "libmicrohttpd.so.12" /* of 0.9.58 and all that came after */

/* 0; -ENOPKG: it is not installed. */
int mhd_load(struct mhd *mhd);
void mhd_unload(struct mhd *mhd);
