/* SPDX-License-Identifier: Apache-2.0 */
/* Seccomp filters as classic BPF, without libseccomp: the triggers are static, and need to know
 * every instruction that decides. */
#pragma once

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>

#define FILTER_LOAD(member)                                                                        \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, member))
#define FILTER_RETURN(verdict) BPF_STMT(BPF_RET | BPF_K, (verdict))
#define FILTER_IF(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), yes, no)

/* Puts @code on the calling thread, with SECCOMP_FILTER_FLAG_* @flags. Returns 0 (with
 * SECCOMP_FILTER_FLAG_NEW_LISTENER: the listener's fd) or -errno. */
int filter_install(const struct sock_filter *code, unsigned short n, unsigned flags);

/* As filter_install: @verdict for @nr of @arch (AUDIT_ARCH_*), all else is allowed. */
int filter_deny(uint32_t arch, long nr, uint32_t verdict, unsigned flags);
