/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/kinds/kind.h"

const struct kind kind_bpf_object = {
	.name = "bpf_object",
	.word = "BPF object",
	.words = "BPF objects",
	.option = "counters",
	.meant = (const char *const[]){"bpf", NULL},
};
