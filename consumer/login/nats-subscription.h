/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a subscription. */
#pragma once

#include <nats/nats.h>

/* In the place of natsSubscription_Destroy(): while a message is on its way, libnats up to 3.5
 * locks a subscription that is freed meanwhile, and hangs or dies (nats.c#637). Nothing is on its
 * way once what is asked behind the end is answered.
 * NULL is fine. */
void nats_subscription_end(natsConnection *connection, natsSubscription *subscription);
