/* SPDX-License-Identifier: Apache-2.0 */
/* What a request is answered with, and where its connection stands meanwhile. */

#include "consumer/base/memory-file.h"
#include "consumer/serve/http-internal.h"
#include "proto/base/clock.h"

const char *http_value(const struct http_request *request, enum MHD_ValueKind kind,
		       const char *name)
{
	return request->listener->http->mhd.lookup_connection_value(request->connection, kind,
								    name);
}

struct connection *http_place(const struct http_request *request)
{
	const union MHD_ConnectionInfo *info = request->listener->http->mhd.get_connection_info(
		request->connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info->socket_context;
}

void http_enter(const struct http_request *request, enum connection_phase phase)
{
	connections_enter(&request->listener->connections, http_place(request), phase,
			  clock_nano(CLOCK_MONOTONIC));
}

void http_describe(const struct mhd *mhd, struct MHD_Response *response, const char *type)
{
	(void)mhd->add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	(void)mhd->add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	/* One request each: nobody holds a place to ask again some day. */
	(void)mhd->add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
}

struct MHD_Response *http_make_response(const struct mhd *mhd,
					void (*write)(struct writer *writer, void *data),
					void *data, const char *type)
{
	struct MHD_Response *response;
	uint64_t size;
	int fd;

	if (memory_file_make(&fd, &size, write, data))
		return NULL;
	response = mhd->create_response_from_fd64(size, fd);
	if (!response) {
		(void)close(fd);
		return NULL;
	}
	http_describe(mhd, response, type);
	return response;
}

enum MHD_Result http_answer(const struct http_request *request, unsigned status,
			    struct MHD_Response *response)
{
	enum MHD_Result r;

	if (!response)
		return MHD_NO;
	r = request->listener->http->mhd.queue_response(request->connection, status, response);
	request->listener->http->mhd.destroy_response(response);
	return r;
}

static void write_text(struct writer *writer, void *data)
{
	writer_string(writer, data);
	writer_string(writer, "\n");
}

enum MHD_Result http_say_with(const struct http_request *request, unsigned status, const char *text,
			      const char *header, const char *value)
{
	const struct mhd *mhd = &request->listener->http->mhd;
	struct MHD_Response *response = http_make_response(mhd, write_text, (void *)(uintptr_t)text,
							   "text/plain; charset=utf-8");

	if (response && header)
		(void)mhd->add_response_header(response, header, value);
	return http_answer(request, status, response);
}

enum MHD_Result http_say(const struct http_request *request, unsigned status, const char *text)
{
	return http_say_with(request, status, text, NULL, NULL);
}
