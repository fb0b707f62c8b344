/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/forward/refused.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "consumer/base/json-page.h"
#include "consumer/base/json.h"
#include "proto/base/clock.h"
#include "proto/base/hex.h"
#include "proto/base/util.h"

#define ID_BYTES 16

int refused_open(struct refused *refused, const char *path, const char *url)
{
	struct stat st;
	int r;

	*refused = (struct refused){.fd = -1, .url = url};
	refused->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (refused->fd < 0 || fstat(refused->fd, &st) < 0)
		return -errno;
	refused->size = refused->synced = (uint64_t)st.st_size;
	r = writer_new(&refused->writer, refused->fd);
	return r;
}

void refused_close(struct refused *refused)
{
	(void)writer_free(refused->writer);
	if (refused->fd >= 0)
		(void)close(refused->fd);
	*refused = (struct refused){.fd = -1};
}

static void put_base64(struct json_page *page, const uint8_t *data, size_t size)
{
	json_add_raw(page, "record", "");
	json_base64(page->writer, data, size);
}

static void put_line(struct refused *refused, const uint8_t *stream_id, uint64_t seq,
		     const char *status, const char *why, const uint8_t *frame, size_t size)
{
	char id[HEX_SIZE(ID_BYTES) + 24];
	struct json_page page;

	hex_put(id, stream_id, ID_BYTES);
	(void)snprintf(id + 2 * (size_t)ID_BYTES, 24, ":%" PRIu64, seq);
	page = json_begin_page(refused->writer);
	json_add_time(&page, "time", clock_nano(CLOCK_REALTIME));
	json_add_text(&page, "to", refused->url);
	json_add_text(&page, "id", id);
	json_add_text(&page, "status", status);
	json_add_text(&page, "why", why);
	put_base64(&page, frame, size);
	json_end_page(&page);
}

int refused_put(struct refused *refused, const uint8_t *stream_id, uint64_t seq, const char *status,
		const char *why, const uint8_t *frame, size_t size)
{
	struct stat st;
	int r;

	refused->full = true;
	if (refused->size + 2 * size + 4096 > REFUSED_MAX)
		return -EFBIG;
	put_line(refused, stream_id, seq, status, why, frame, size);
	r = writer_flush(refused->writer);
	refused->writer->error = 0; /* there may be room the next time */
	if (r && ftruncate(refused->fd, (off_t)refused->size) < 0) /* without half a line */
		return -errno;
	if (!r && fstat(refused->fd, &st) == 0)
		refused->size = (uint64_t)st.st_size;
	refused->full = r;
	return r;
}

int refused_sync(struct refused *refused)
{
	int r;

	if (refused->synced == refused->size || fdatasync(refused->fd) == 0) {
		refused->synced = refused->size;
		return 0;
	}
	r = -errno;
	/* what the disk did not take may look afterwards as if it had: it is written anew */
	if (ftruncate(refused->fd, (off_t)refused->synced) < 0)
		return -errno;
	refused->size = refused->synced;
	return r;
}
