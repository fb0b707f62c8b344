/* SPDX-License-Identifier: Apache-2.0 */
/* What a stream answers to a message: a line of JSON. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NATS_ACK_TEXT 128

struct nats_ack {
	uint64_t seq;             /* number in the stream; 0: it was not taken */
	bool duplicate;           /* it was there already */
	unsigned code;            /* of the error, "err_code" */
	char text[NATS_ACK_TEXT]; /* what is wrong; "" */
};

/* False: it is no answer of a stream. Members that are not known are passed over. */
bool nats_ack_parse(struct nats_ack *ret, const char *text, size_t size);
