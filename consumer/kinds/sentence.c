/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/kinds/sentence.h"

#include "consumer/read/body.h"
#include "consumer/text/phrases.h"

const struct tone tone_info = {"INFO", "\033[2m"};
static const struct tone tone_lost = {"LOST", "\033[1;37;41m"};

const struct tone *text_tone(const Ringside__V1__Record *record)
{
	const struct kind *kind = kind_of(record);

	if (kind)
		return kind->is_mild && kind->is_mild(record) ? &kind->mild_tone : &kind->tone;
	return record->body_case == RINGSIDE__V1__RECORD__BODY_LOST ? &tone_lost : &tone_info;
}

const char *text_severity(const Ringside__V1__Record *record)
{
	const struct kind *kind = kind_of(record);

	if (kind)
		return kind->severity(record);
	return record->body_case == RINGSIDE__V1__RECORD__BODY_LOST ? "ERROR" : "INFO";
}

const Ringside__V1__Container *text_whose(const Ringside__V1__Record *record)
{
	return (const Ringside__V1__Container *)body_message(body_of(record),
							     &ringside__v1__container__descriptor);
}

const Ringside__V1__Process *text_whose_process(const Ringside__V1__Record *record)
{
	return (const Ringside__V1__Process *)body_message(body_of(record),
							   &ringside__v1__process__descriptor);
}

size_t text_whom(char *buf, size_t size, const Ringside__V1__Container *container)
{
	struct line line = line_make(buf, size);

	text_container(&line, container);
	return line_end(&line);
}

size_t text_who(char *buf, size_t size, const Ringside__V1__Record *record)
{
	return text_whom(buf, size, text_whose(record));
}

/* The kind whose words it is told in: not of what is held back of several keys at once. */
static const struct kind *teller_of(const Ringside__V1__Record *record)
{
	if (record->body_case == RINGSIDE__V1__RECORD__BODY_LIMITED &&
	    (record->limited->overflow || record->limited->others))
		return NULL;
	return kind_of(record);
}

size_t text_message(char *buf, size_t size, const Ringside__V1__Record *record,
		    const Ringside__V1__Header *header)
{
	const struct kind *kind = teller_of(record);
	struct line line = line_make(buf, size);

	if (kind)
		kind->sentence(&line, record, header);
	else
		stream_sentence(&line, record);
	return line_end(&line);
}

size_t text_same(char *buf, size_t size, const Ringside__V1__Record *record,
		 const Ringside__V1__Header *header)
{
	const struct kind *kind = teller_of(record);
	struct line line = line_make(buf, size);

	if (kind && kind->same)
		kind->same(&line, record, header);
	return line_end(&line);
}

size_t text_advice(char *buf, size_t size, const Ringside__V1__Record *record)
{
	const struct kind *kind = teller_of(record);
	struct line line = line_make(buf, size);

	if (kind)
		kind->advice(&line, record);
	else
		stream_advice(&line, record);
	return line_end(&line);
}
