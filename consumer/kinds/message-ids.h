/* SPDX-License-Identifier: Apache-2.0 */
/* What systemd's journal calls the records by that tell of something: MESSAGE_ID=. Each is random,
 * was made once (systemd-id128 new), and never changes: people search by it, and ringside.catalog
 * explains it. Lower case and without dashes, because `journalctl MESSAGE_ID=` looks for the very
 * bytes. */
#pragma once

#include "proto/ringside.pb-c.h"

/* By the name in Record.body: a kind of events, and what stands for some of them. */
#define MESSAGE_IDS(ROW)                                                                           \
	ROW("oom_kill", "4ef66251e9a741329eebf60e635bcac4")                                        \
	ROW("seccomp_denial", "ccb58648e3f546ac8cdeda8bd31e364e")                                  \
	ROW("signal_kill", "aa12ad4107a8476cae2be9d782725814")                                     \
	ROW("lost", "ba15a4109ae84c509bb8b39ac66738ae")                                            \
	ROW("limited", "1807297e1acc495e90beed71f72914f3")

/* NULL: it tells of the stream alone, or is a newer version's. */
const char *message_id(const Ringside__V1__Record *record);
