/* SPDX-License-Identifier: Apache-2.0 */
/* Whether journald has kept what was sent: it is in its files as soon as it is written there. */
#include <inttypes.h>
#include <systemd/sd-journal.h>

#include "consumer/targets/to-journald-target.h"
#include "proto/base/hex.h"

#define STREAM_ID JOURNAL_PREFIX "STREAM_ID="
#define SEQ JOURNAL_PREFIX "SEQ="

struct journal_back {
	sd_journal *comes; /* our entries, one after the other */
	sd_journal *all;   /* is asked for one */
};

static int add_match(sd_journal *journal, const char *text)
{
	return sd_journal_add_match(journal, text, strlen(text));
}

/* Behind what is there. Without an entry of ours, before the first that will be. */
static int go_to_end(sd_journal *journal)
{
	int r = add_match(journal, "SYSLOG_IDENTIFIER=ringside");

	if (r >= 0)
		r = sd_journal_seek_tail(journal);
	if (r >= 0)
		r = sd_journal_previous(journal);
	if (r == 0)
		r = sd_journal_seek_head(journal);
	/* it follows rotation from here on */
	return r < 0 ? r : sd_journal_get_fd(journal);
}

static bool has_files(sd_journal *journal)
{
	return sd_journal_has_runtime_files(journal) > 0 ||
	       sd_journal_has_persistent_files(journal) > 0;
}

int journal_back_new(struct journal_back **ret)
{
	_cleanup_(journal_back_freep) struct journal_back *back = calloc(1, sizeof(*back));
	int r = back ? sd_journal_open(&back->comes, SD_JOURNAL_LOCAL_ONLY) : -ENOMEM;

	if (r >= 0)
		r = sd_journal_open(&back->all, SD_JOURNAL_LOCAL_ONLY);
	if (r >= 0 && !has_files(back->comes))
		r = -EACCES;
	if (r >= 0)
		r = go_to_end(back->comes);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(back);
	return 0;
}

struct journal_back *journal_back_free(struct journal_back *back)
{
	if (back) {
		sd_journal_close(back->comes);
		sd_journal_close(back->all);
		free(back);
	}
	return NULL;
}

static bool read_hex(const char *text, size_t size, uint8_t id[TARGET_ID])
{
	static const char digits[] = "0123456789abcdef";

	if (size != 2 * TARGET_ID)
		return false;
	for (size_t i = 0; i < size; i++) {
		const char *digit = memchr(digits, text[i], 16);

		if (!digit)
			return false;
		id[i / 2] = (uint8_t)(id[i / 2] << 4 | (digit - digits));
	}
	return true;
}

static bool read_number(const char *text, size_t size, uint64_t *ret)
{
	*ret = 0;
	for (size_t i = 0; i < size; i++) {
		if (text[i] < '0' || text[i] > '9' || *ret > UINT64_MAX / 10)
			return false;
		*ret = *ret * 10 + (uint64_t)(text[i] - '0');
	}
	return size;
}

/* The value of a field whose name with "=" is @name. NULL: it has none. */
static const char *get_value(sd_journal *journal, const char *field, const char *name,
			     size_t *ret_size)
{
	const void *data;
	size_t size;

	if (sd_journal_get_data(journal, field, &data, &size) < 0 || size < strlen(name))
		return NULL;
	*ret_size = size - strlen(name);
	return (const char *)data + strlen(name);
}

/* Somebody else's entries may be called as ours are, and have no such fields. */
static bool read_identity(sd_journal *journal, struct journal_identity *ret)
{
	size_t size;
	const char *text = get_value(journal, JOURNAL_PREFIX "STREAM_ID", STREAM_ID, &size);

	if (!text || !read_hex(text, size, ret->stream_id))
		return false;
	text = get_value(journal, JOURNAL_PREFIX "SEQ", SEQ, &size);
	return text && read_number(text, size, &ret->seq);
}

int journal_back_next(struct journal_back *back, struct journal_identity *ret)
{
	int r;

	do {
		r = sd_journal_next(back->comes);
		if (!r && sd_journal_process(back->comes) > SD_JOURNAL_NOP)
			r = sd_journal_next(back->comes);
	} while (r > 0 && !read_identity(back->comes, ret));
	return r;
}

int journal_back_has(struct journal_back *back, const struct journal_identity *identity)
{
	char id[sizeof(STREAM_ID) + HEX_SIZE(TARGET_ID)] = STREAM_ID, seq[sizeof(SEQ) + 20];
	int r;

	hex_put(id + strlen(STREAM_ID), identity->stream_id, TARGET_ID);
	(void)snprintf(seq, sizeof(seq), SEQ "%" PRIu64, identity->seq);
	sd_journal_flush_matches(back->all);
	r = add_match(back->all, id);
	if (r >= 0)
		r = add_match(back->all, seq);
	if (r >= 0)
		r = sd_journal_seek_head(back->all);
	return r < 0 ? r : sd_journal_next(back->all);
}
