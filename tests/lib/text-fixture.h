/* SPDX-License-Identifier: Apache-2.0 */
/* Records to be put into words: an OOM kill, a denial, and what is about the stream. */
#pragma once

#include "tests/lib/test.h"

#include <stdlib.h>

#include "consumer/base/text-line.h"
#include "consumer/kinds/sentence.h"
#include "proto/base/util.h"

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)
#define ID "4f0c1e2d3b4a59687786a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"
#define POD_UID "0d2f8a1c-5a3b-4c6d-8e7f-112233445566"

/* protobuf-c's string fields are not const; nobody writes to these. */
#define S(s) ((char *)(s))

/* The records of one test: one of each message, wired together as needed. */
struct fixture {
	Ringside__V1__Record record;
	Ringside__V1__Header header;
	Ringside__V1__OomKill kill;
	Ringside__V1__SeccompDenial denial;
	Ringside__V1__Limited limited;
	Ringside__V1__Lost lost;
	Ringside__V1__Process victim, trigger;
	Ringside__V1__Container app, other, owner;
	char text[TEXT_MAX];
};

/* Makes @process one of this name and number. */
void be(Ringside__V1__Process *process, const char *comm, uint32_t pid);

/* Makes @c the container @name of the pod web-7f9. */
void in_pod(Ringside__V1__Container *c, const char *name);

/* Makes the records of a test, each of them empty. */
int text_setup(void **state);

/* Frees them. */
int text_teardown(void **state);

/* Returns the record's message as text; valid until the next call, like the next two. */
const char *message(struct fixture *f);

/* Returns whose event it is as text. */
const char *who(struct fixture *f);

/* Returns the advice about it as text. */
const char *advice(struct fixture *f);

#define SET(message, field, value) ((message)->has_##field = true, (message)->field = (value))

/* Makes the record an OOM kill: python3[1234] of shop/web-7f9/app, whose container has a limit of
 * 512 MiB, with 20 MiB of its own and 470 of shmem. */
struct fixture *oom(void **state);

/* Makes it the same, but with a plain 500 MiB of its own. */
struct fixture *plain_oom(void **state);

/* Makes the record a denial: keyctl, called by nginx[77] of shop/web-7f9/app. */
struct fixture *seccomp(void **state, Ringside__V1__SeccompAction action);

/* Sets the error that the caller gets instead. */
void set_error(struct fixture *f, uint32_t number, const char *name);

/* Makes the record one of 48,201 denials that the limits held back. */
struct fixture *held_back(void **state);

/* Makes the record one of 1,200 lost denials. */
struct fixture *loss(void **state, Ringside__V1__Lost__Reason reason);

#define TEST(name) cmocka_unit_test_setup_teardown(name, text_setup, text_teardown)
