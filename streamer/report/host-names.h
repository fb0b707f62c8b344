/* SPDX-License-Identifier: Apache-2.0 */
/* The machine, as the Header names it. An empty string: not known, or not certain. */
#pragma once

struct host {
	char name[65];
	char kernel_release[65];
	char architecture[65];
	char machine_id[33];
	char boot_id[37];
};

void host_read(struct host *ret);
