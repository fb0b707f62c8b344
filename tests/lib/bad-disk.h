/* SPDX-License-Identifier: Apache-2.0 */
/* fdatasync() of a program that is linked with this: counted, and failing when it is told to. */
#pragma once

/* Fails with @error from now on; 0: it does not. */
void bad_disk_fail(int error);
/* How often it was called. */
unsigned bad_disk_calls(void);
