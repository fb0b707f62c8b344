/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/login/nats-subscription.h"

#define ANSWER_MS 1000

void nats_subscription_end(natsConnection *connection, natsSubscription *subscription)
{
	if (!subscription)
		return;
	(void)natsSubscription_Unsubscribe(subscription);
	/* The thread that reads has had all that came before the answer; of who does not answer in
	 * time nothing comes either. */
	(void)natsConnection_FlushTimeout(connection, ANSWER_MS);
	natsSubscription_Destroy(subscription);
}
