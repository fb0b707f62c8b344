/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

/* Gives up every capability that reading maps no longer needs, for good. @map_fd: any BPF map,
 * to find out; *ret_kept: CAP_BPF (or CAP_SYS_ADMIN in its place) had to stay, because this
 * kernel (before 5.19, with unprivileged_bpf_disabled) wants it for every bpf() call.
 * @folder_fd: new files are to be made there (-1: nowhere); if that is another user's folder,
 * CAP_DAC_OVERRIDE has to stay. */
int privileges_drop(int map_fd, int folder_fd, bool *ret_kept);
