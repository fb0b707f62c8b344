/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What was printed with stdio has to be written before a program says that it did. 0, or -errno;
 * that nobody reads it any more is none. */
int stdout_end(void);
