/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/kinds/kind.h"

const struct kind kind_tcp_queue = {
	.name = "tcp_queue",
	.word = "TCP queue",
	.words = "TCP queues",
	.option = "counters",
	.meant = (const char *const[]){"tcp", NULL},
};
