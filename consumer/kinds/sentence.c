/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/kinds/sentence.h"

#include <string.h>

#include "consumer/kinds/sentence-internal.h"
#include "consumer/read/body.h"
#include "consumer/text/phrases.h"
#include "proto/base/util.h"

static bool is_seccomp(const char *kind)
{
	return kind && strcmp(kind, "seccomp_denial") == 0;
}

enum text_tone text_tone(const Ringside__V1__Record *record)
{
	switch (record->body_case) {
	case RINGSIDE__V1__RECORD__BODY_OOM_KILL:
		return TEXT_OOM;
	case RINGSIDE__V1__RECORD__BODY_SECCOMP_DENIAL:
		return record->seccomp_denial->action ==
				       RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_LOG
			       ? TEXT_LOG
			       : TEXT_DENY;
	case RINGSIDE__V1__RECORD__BODY_LIMITED:
		if (!is_seccomp(record->limited->kind))
			return TEXT_INFO;
		return record->limited->action == RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_LOG
			       ? TEXT_LOG
			       : TEXT_DENY;
	case RINGSIDE__V1__RECORD__BODY_LOST:
		return TEXT_LOST;
	default:
		return TEXT_INFO;
	}
}

const char *text_label(enum text_tone tone)
{
	static const char *const labels[] = {
		[TEXT_INFO] = "INFO", [TEXT_OOM] = "OOM",   [TEXT_DENY] = "DENY",
		[TEXT_LOG] = "LOG",   [TEXT_LOST] = "LOST",
	};

	return labels[tone];
}

const Ringside__V1__Container *text_whose(const Ringside__V1__Record *record)
{
	return (const Ringside__V1__Container *)body_message(body_of(record),
							     &ringside__v1__container__descriptor);
}

size_t text_who(char *buf, size_t size, const Ringside__V1__Record *record)
{
	struct line line = line_make(buf, size);

	text_container(&line, text_whose(record));
	return line_end(&line);
}

size_t text_message(char *buf, size_t size, const Ringside__V1__Record *record,
		    const Ringside__V1__Header *header)
{
	struct line line = line_make(buf, size);

	switch (record->body_case) {
	case RINGSIDE__V1__RECORD__BODY_HEADER:
		text_header(&line, record->header);
		break;
	case RINGSIDE__V1__RECORD__BODY_OOM_KILL:
		text_oom_kill(&line, record->oom_kill);
		break;
	case RINGSIDE__V1__RECORD__BODY_SECCOMP_DENIAL:
		text_seccomp_denial(&line, record->seccomp_denial, header);
		break;
	case RINGSIDE__V1__RECORD__BODY_COUNTERS:
		text_counters(&line, record->counters);
		break;
	case RINGSIDE__V1__RECORD__BODY_LOST:
		text_lost(&line, record->lost);
		break;
	case RINGSIDE__V1__RECORD__BODY_FOOTER:
		text_footer(&line, record->footer);
		break;
	case RINGSIDE__V1__RECORD__BODY_LIMITED:
		if (is_seccomp(record->limited->kind))
			text_seccomp_limited(&line, record->limited, header);
		else
			text_limited(&line, record->limited);
		break;
	case RINGSIDE__V1__RECORD__BODY_CLOCK:
		text_clock(&line, record->clock);
		break;
	default:
		line_text(&line, "a record this version does not know");
		break;
	}
	return line_end(&line);
}

size_t text_advice(char *buf, size_t size, const Ringside__V1__Record *record)
{
	struct line line = line_make(buf, size);

	switch (record->body_case) {
	case RINGSIDE__V1__RECORD__BODY_OOM_KILL:
		advice_oom_kill(&line, record->oom_kill);
		break;
	case RINGSIDE__V1__RECORD__BODY_SECCOMP_DENIAL:
		advice_seccomp_denial(&line, record->seccomp_denial);
		break;
	case RINGSIDE__V1__RECORD__BODY_LIMITED:
		if (is_seccomp(record->limited->kind))
			advice_seccomp_limited(&line, record->limited);
		break;
	case RINGSIDE__V1__RECORD__BODY_LOST:
		advice_lost(&line, record->lost);
		break;
	default:
		break;
	}
	return line_end(&line);
}
