/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/kernel-names.h"

#include <linux/audit.h>

#include "proto/base/util.h"

const struct kernel_arch kernel_archs[] = {
	{AUDIT_ARCH_X86_64, "x86_64"},
	{AUDIT_ARCH_I386, "i386"},
	{AUDIT_ARCH_AARCH64, "aarch64"},
	{AUDIT_ARCH_ARM, "arm"},
	{AUDIT_ARCH_ARMEB, "armeb"},
	{AUDIT_ARCH_RISCV64, "riscv64"},
	{AUDIT_ARCH_RISCV32, "riscv32"},
	{AUDIT_ARCH_S390X, "s390x"},
	{AUDIT_ARCH_S390, "s390"},
	{AUDIT_ARCH_PPC64LE, "ppc64le"},
	{AUDIT_ARCH_PPC64, "ppc64"},
	{AUDIT_ARCH_PPC, "ppc"},
	{AUDIT_ARCH_MIPS, "mips"},
	{AUDIT_ARCH_MIPSEL, "mipsel"},
	{AUDIT_ARCH_MIPS64, "mips64"},
	{AUDIT_ARCH_MIPS64N32, "mips64n32"},
	{AUDIT_ARCH_MIPSEL64, "mipsel64"},
	{AUDIT_ARCH_MIPSEL64N32, "mipsel64n32"},
	{AUDIT_ARCH_PARISC, "parisc"},
	{AUDIT_ARCH_PARISC64, "parisc64"},
	{AUDIT_ARCH_LOONGARCH64, "loongarch64"},
	{AUDIT_ARCH_M68K, "m68k"},
	{AUDIT_ARCH_SH, "sheb"},
	{AUDIT_ARCH_SHEL, "sh"},
};
const size_t kernel_archs_n = ARRAY_SIZE(kernel_archs);

/* Calls that libseccomp may be too old for: 2.5.4 in Debian 12 ends at 456. From 424 on all
 * architectures have the same numbers, but for an offset of each ABI. By scripts/syscall.tbl of
 * Linux 7.2. */
const char *const kernel_new_calls[] = {
	"futex_waitv",             /* 449: Linux 5.16 */
	"set_mempolicy_home_node", /* 5.17 */
	"cachestat",               /* 6.5 */
	"fchmodat2",               /* 6.6 */
	"map_shadow_stack",        /* 6.6 */
	"futex_wake",              /* 454: 6.7 */
	"futex_wait",              /* 6.7 */
	"futex_requeue",           /* 6.7 */
	"statmount",               /* 457: 6.8 */
	"listmount",               /* 6.8 */
	"lsm_get_self_attr",       /* 6.8 */
	"lsm_set_self_attr",       /* 460: 6.8 */
	"lsm_list_modules",        /* 6.8 */
	"mseal",                   /* 6.10 */
	"setxattrat",              /* 463: 6.13 */
	"getxattrat",              /* 6.13 */
	"listxattrat",             /* 6.13 */
	"removexattrat",           /* 6.13 */
	"open_tree_attr",          /* 467: 6.15 */
	"file_getattr",            /* 6.17 */
	"file_setattr",            /* 6.17 */
	"listns",                  /* 470: 6.19 */
	"rseq_slice_yield",        /* 7.0 */
};
const size_t kernel_new_calls_n = ARRAY_SIZE(kernel_new_calls);

const struct kernel_call kernel_x86_64_calls[] = {
	{335, "uretprobe"}, /* 6.11 */
	{336, "uprobe"},    /* 6.18 */
};
const size_t kernel_x86_64_calls_n = ARRAY_SIZE(kernel_x86_64_calls);
