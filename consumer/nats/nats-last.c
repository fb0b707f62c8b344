/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/nats/nats-last.h"

#define WAIT_MS 3000

natsStatus nats_last(jsCtx *js, const char *stream, const char *subject, uint64_t *ret,
		     int64_t *ret_time)
{
	jsOptions options;
	natsMsg *message = NULL;
	jsErrCode code = 0;
	natsStatus s;

	(void)jsOptions_Init(&options);
	options.Wait = WAIT_MS;
	*ret = 0;
	*ret_time = 0;
	s = js_GetLastMsg(&message, js, stream, subject, &options, &code);
	if (s == NATS_OK) {
		*ret = natsMsg_GetSequence(message);
		*ret_time = natsMsg_GetTime(message);
	}
	natsMsg_Destroy(message);
	return s == NATS_NOT_FOUND ? NATS_OK : s;
}

uint64_t nats_number(natsMsg *message)
{
	jsMsgMetaData *meta = NULL;
	uint64_t n = 0;

	if (natsMsg_GetMetaData(&meta, message) == NATS_OK)
		n = meta->Sequence.Stream;
	jsMsgMetaData_Destroy(meta);
	return n;
}

int64_t nats_stored(natsMsg *message)
{
	jsMsgMetaData *meta = NULL;
	int64_t nano = 0;

	if (natsMsg_GetMetaData(&meta, message) == NATS_OK)
		nano = meta->Timestamp;
	jsMsgMetaData_Destroy(meta);
	return nano;
}
