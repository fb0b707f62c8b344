/* SPDX-License-Identifier: Apache-2.0 */
/* libcurl's multi interface: no thread, a connection for each that is in flight, kept open. */
#include "consumer/otlp/otlp-post.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

struct transfer {
	CURL *easy;
	struct otlp_batch *batch; /* NULL: free */
	uint8_t *answer;          /* OTLP_ANSWER_MAX, once there was one */
	size_t size;
	bool cut;
	char error[CURL_ERROR_SIZE];
	char failure[CURL_ERROR_SIZE];
};

struct otlp_poster {
	const struct otlp_config *config; /* borrowed */
	CURLM *multi;
	struct transfer transfers[OTLP_IN_FLIGHT_MAX];
};

static size_t take_answer(char *data, size_t one, size_t size, void *arg)
{
	struct transfer *transfer = arg;
	size_t n = min_u64(one * size, OTLP_ANSWER_MAX - transfer->size);

	if (!transfer->answer)
		transfer->answer = malloc(OTLP_ANSWER_MAX);
	if (!transfer->answer)
		n = 0;
	if (n)
		memcpy(transfer->answer + transfer->size, data, n);
	transfer->size += n;
	transfer->cut |= n < one * size;
	return one * size; /* the rest is read, and forgotten */
}

static int set_up(const struct otlp_poster *poster, struct transfer *transfer)
{
	const struct otlp_config *config = poster->config;
	CURL *easy = transfer->easy = curl_easy_init();

	if (!easy)
		return -ENOMEM;
#define SET(option, value)                                                                         \
	if (curl_easy_setopt(easy, option, value) != CURLE_OK)                                     \
	return -EINVAL
	SET(CURLOPT_URL, config->url);
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_HTTPHEADER, config->headers);
	SET(CURLOPT_USERAGENT, "ringside/" RINGSIDE_VERSION);
	SET(CURLOPT_POST, 1L);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_TIMEOUT_MS, config->timeout_ms);
	SET(CURLOPT_CONNECTTIMEOUT_MS, config->timeout_ms);
	SET(CURLOPT_WRITEFUNCTION, take_answer);
	SET(CURLOPT_WRITEDATA, transfer);
	SET(CURLOPT_ERRORBUFFER, transfer->error);
	SET(CURLOPT_PRIVATE, transfer);
	if (config->certificate)
		SET(CURLOPT_CAINFO, config->certificate);
	if (config->client_certificate)
		SET(CURLOPT_SSLCERT, config->client_certificate);
	if (config->client_key)
		SET(CURLOPT_SSLKEY, config->client_key);
#undef SET
	return 0;
}

int otlp_poster_new(struct otlp_poster **ret, const struct otlp_config *config)
{
	_cleanup_(otlp_poster_freep) struct otlp_poster *poster = calloc(1, sizeof(*poster));
	int r = 0;

	if (!poster)
		return -ENOMEM;
	poster->config = config;
	poster->multi = curl_multi_init();
	if (!poster->multi)
		return -ENOMEM;
	for (unsigned i = 0; !r && i < config->in_flight; i++)
		r = set_up(poster, &poster->transfers[i]);
	if (!r)
		*ret = TAKE_PTR(poster);
	return r;
}

struct otlp_poster *otlp_poster_free(struct otlp_poster *poster)
{
	if (!poster)
		return NULL;
	for (unsigned i = 0; i < OTLP_IN_FLIGHT_MAX; i++) {
		struct transfer *transfer = &poster->transfers[i];

		if (transfer->batch)
			(void)curl_multi_remove_handle(poster->multi, transfer->easy);
		if (transfer->easy)
			curl_easy_cleanup(transfer->easy);
		free(transfer->answer);
	}
	(void)curl_multi_cleanup(poster->multi);
	free(poster);
	return NULL;
}

unsigned otlp_poster_flying(const struct otlp_poster *poster)
{
	unsigned n = 0;

	for (unsigned i = 0; i < OTLP_IN_FLIGHT_MAX; i++)
		n += poster->transfers[i].batch != NULL;
	return n;
}

int otlp_poster_send(struct otlp_poster *poster, struct otlp_batch *batch)
{
	struct transfer *transfer = poster->transfers;

	while (transfer->batch)
		transfer++;
	transfer->size = 0;
	transfer->cut = false;
	*transfer->error = '\0';
	if (curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDSIZE_LARGE,
			     (curl_off_t)batch->body_size) != CURLE_OK ||
	    curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDS, batch->body) != CURLE_OK ||
	    curl_multi_add_handle(poster->multi, transfer->easy) != CURLM_OK)
		return -ENOMEM;
	transfer->batch = batch;
	batch->state = OTLP_FLYING;
	return 0;
}

void otlp_poster_run(struct otlp_poster *poster)
{
	int running;

	(void)curl_multi_perform(poster->multi, &running);
}

/* What is said of it: the code's meaning, and details of it where there are, which may be words of
 * who answered. */
static const char *failure_of(struct transfer *transfer, CURLcode code,
			      const struct secrets *secrets)
{
	const char *text = *transfer->error ? transfer->error : curl_easy_strerror(code);

	if (code == CURLE_OPERATION_TIMEDOUT)
		return "no answer in time";
	secrets_hide(secrets, text, strlen(text), transfer->failure, sizeof(transfer->failure));
	return transfer->failure;
}

static bool is_json(CURL *easy)
{
	const char *type = NULL;

	return curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type) == CURLE_OK && type &&
	       !strncasecmp(type, "application/json", strlen("application/json"));
}

static bool read_retry_after(CURL *easy, uint64_t *ret)
{
	struct curl_header *header;

	return curl_easy_header(easy, "Retry-After", 0, CURLH_HEADER, -1, &header) == CURLHE_OK &&
	       otlp_retry_after(header->value, time(NULL), ret);
}

static void read_answer(struct transfer *transfer, struct otlp_posted *ret)
{
	long status = 0;

	(void)curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	ret->answer = (struct otlp_answer){
		.status = (unsigned)status,
		.json = is_json(transfer->easy),
		.body = transfer->answer,
		.size = transfer->size,
		.cut = transfer->cut,
	};
	ret->asked = read_retry_after(transfer->easy, &ret->retry_after_nano);
}

bool otlp_poster_next(struct otlp_poster *poster, struct otlp_posted *ret)
{
	struct transfer *transfer;
	CURLMsg *message;
	CURLcode code;
	int left;

	do {
		message = curl_multi_info_read(poster->multi, &left);
		if (!message)
			return false;
	} while (message->msg != CURLMSG_DONE);
	code = message->data.result;
	(void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
	*ret = (struct otlp_posted){.batch = transfer->batch};
	if (code == CURLE_OK)
		read_answer(transfer, ret);
	else
		ret->failure = failure_of(transfer, code, &poster->config->secrets);
	(void)curl_multi_remove_handle(poster->multi, transfer->easy);
	transfer->batch = NULL;
	return true;
}

void otlp_poster_wait(struct otlp_poster *poster, int timeout_ms)
{
	(void)curl_multi_poll(poster->multi, NULL, 0, timeout_ms, NULL);
}
