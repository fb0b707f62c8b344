/* SPDX-License-Identifier: Apache-2.0 */
/* What is said on stderr: what is wrong, once and in its place, and why there is nothing to see. */
#include "consumer/commands/printer-internal.h"

#include <stdlib.h>
#include <string.h>

#include "consumer/base/text-line.h"
#include "consumer/base/time-stamp.h"
#include "consumer/base/time-zone.h"
#include "consumer/read/body.h"
#include "proto/base/count.h"

int printer_fail(const struct printer *printer, int error)
{
	return command_fail(printer->options.command, "%s", strerror(-error));
}

void printer_say(struct printer *printer, const char *problem)
{
	progress_end(&printer->progress);
	printer->failed = true;
	if (printer->said)
		return;
	printer->said = true;
	(void)writer_flush(printer->writer);
	(void)command_fail(printer->options.command, "%s", problem);
}

void printer_say_zone(const struct printer *printer)
{
	bool prints_times = printer->output.ops == outputs[0] && !printer->output.utc;
	char safe[LINE_FILE];

	if ((prints_times || filter_has_time(printer->filter)) && !time_zone_exists())
		(void)command_fail(printer->options.command,
				   "TZ=%s is no time zone of this machine: times are UTC "
				   "(Europe/Berlin is one, if " TIME_ZONES " has it)",
				   line_file(getenv("TZ"), safe));
}

void printer_say_short_id(const struct printer *printer)
{
	char text[256];

	if (filter_has_short_id(printer->filter, text, sizeof(text)))
		(void)command_fail(printer->options.command, "%s", text);
}

void printer_say_hosts(const struct printer *printer, const char *path)
{
	char text[256];
	struct line line = line_make(text, sizeof(text));

	line_text(&line, "of ");
	hosts_put_count(&line, &printer->output.hosts);
	line_text(&line, ": their records come one host after the other, and the last are the last "
			 "one's (--host NAME chooses one)");
	(void)line_end(&line);
	(void)command_fail_on(printer->options.command, path, text);
}

#define MISSING_LINES 8 /* streams that are named */
#define OF_WHAT_WAS_READ "of what was read, "

/* A raw output is none that failed, though it has no event. */
static const char *tell_put(const struct printer *printer, char *buf, size_t size)
{
	const uint64_t n = printer->source.put;

	if (!printer->output.ops->raw)
		return "";
	if (n < 2)
		return n ? "; only the Header was written" : "; nothing was written";
	(void)snprintf(buf, size, "; %s were written, none of them an event", COUNTED(n, "record"));
	return buf;
}

static void put_moment(struct line *line, const struct printer *printer,
		       const struct filter_moment *at)
{
	struct time_stamp stamp;

	time_stamp_init(&stamp, TIME_SHORT, printer->output.utc, 0);
	time_stamp_put(&stamp, line, at->time ? &at->time : NULL, &at->boottime);
}

static void put_numbers(struct line *line, const struct whole_missing *missing)
{
	if (missing->places > 1) {
		line_count(line, missing->count);
		line_text(line, " of the ");
	}
	line_text(line, missing->count == 1 ? "record " : "records ");
	line_count(line, missing->first);
	if (missing->last > missing->first) {
		line_text(line, " to ");
		line_count(line, missing->last);
	}
}

/* whole_tell_fn */
static void say_missing(void *data, const struct whole_missing *missing)
{
	struct printer *printer = data;
	char text[512];
	struct line line = line_make(text, sizeof(text));

	/* this one's number is set by then */
	if (!missing->places || printer->source.streams.lacking > MISSING_LINES)
		return;
	put_numbers(&line, missing);
	line_text(&line, missing->count == 1 ? " is missing here (" : " are missing here (");
	put_moment(&line, printer, &missing->from);
	line_text(&line, " to ");
	put_moment(&line, printer, &missing->to);
	line_text(&line, "); `ringside verify` tells more");
	(void)line_end(&line);
	(void)command_fail_on(printer->options.command,
			      *missing->host ? missing->host : "a host without a name", text);
}

static void say_unclosed(const struct printer *printer, const struct whole_unclosed *unclosed)
{
	char text[512];
	struct line line = line_make(text, sizeof(text));

	line_text(&line, "the stream ends at ");
	put_moment(&line, printer, &unclosed->end);
	line_text(&line, " without a Footer");
	if (unclosed->n > 1) {
		line_text(&line, unclosed->n == 2 ? ", as does " : ", as do ");
		line_text(&line, COUNTED(unclosed->n - 1, "other"));
	}
	line_text(&line, ": its streamer was killed, or this is a copy of what it was writing; "
			 "`ringside verify` tells more");
	(void)line_end(&line);
	(void)command_fail_on(printer->options.command,
			      *unclosed->host ? unclosed->host : "a host without a name", text);
}

void printer_say_missing(struct printer *printer)
{
	struct whole_streams *streams = &printer->source.streams;

	(void)whole_streams_judge(streams, say_missing, printer);
	if (streams->lacking > MISSING_LINES)
		(void)command_fail(printer->options.command, "records of %s are missing, too",
				   COUNTED(streams->lacking - MISSING_LINES, "more stream"));
	if (streams->unclosed.n)
		say_unclosed(printer, &streams->unclosed);
}

/* Others of its list matched. @before: of what that is said, if not of all there is. */
static void say_unmet(const struct printer *printer, const char *before)
{
	char text[1024];

	if (filter_unmet_sentence(printer->filter, *before || printer->awaits, text, sizeof(text)))
		(void)command_fail(printer->options.command, "%s%s", before, text);
}

int printer_say_misses(const struct printer *printer)
{
	const bool lacks_case = printer->grep && grep_lacks_case(printer->grep);
	char text[1024], put[64];

	if (printer->partly && printer->tells_part)
		say_unmet(printer, OF_WHAT_WAS_READ);
	if (printer->partly)
		return EXIT_SUCCESS;
	if (printer->matched || !filter_miss_sentence(printer->filter, text, sizeof(text))) {
		say_unmet(printer, "");
		return EXIT_SUCCESS;
	}
	(void)command_fail(printer->options.command, "%s%s%s%s", text,
			   lacks_case ? " (with --case-sensitive=no, there is something)" : "",
			   printer->source.streams.lacking ? "; those that are missing may" : "",
			   tell_put(printer, put, sizeof(put)));
	say_unmet(printer, "");
	return !printer->awaits && filter_is_to_come(printer->filter) ? EXIT_USAGE : EXIT_SUCCESS;
}

void printer_say_misses_so_far(struct printer *printer)
{
	char text[1024];

	/* what is still to come was said */
	if (!printer->matched && !printer->partly && filter_misses(printer->filter) &&
	    !filter_is_to_come(printer->filter) &&
	    filter_miss_sentence(printer->filter, text, sizeof(text)))
		(void)command_fail(printer->options.command, "so far %s", text);
	say_unmet(printer, printer->partly ? "so far, " OF_WHAT_WAS_READ : "so far ");
	filter_forget_misses(printer->filter);
}

void printer_say_to_come(const struct printer *printer)
{
	char text[512];
	struct line line = line_make(text, sizeof(text));

	if (!printer->awaits || !filter_is_to_come(printer->filter))
		return;
	filter_put_to_come(printer->filter, &line);
	line_text(&line, "; until then nothing is shown");
	(void)line_end(&line);
	(void)command_fail(printer->options.command, "%s", text);
}

int printer_tell_misses(struct printer *printer)
{
	int r = filter_note_misses(printer->filter, printer->pattern);

	return r ? printer_fail(printer, r) : 0;
}

void printer_note(struct printer *printer, struct reader *reader, struct reader_record *item,
		  int wanted)
{
	bool event = body_kind_is_event(item->peek.kind) ||
		     item->peek.kind == RINGSIDE__V1__RECORD__BODY_LIMITED;

	filter_note_values(printer->filter, reader, item);
	if (printer->matched)
		return;
	/* Headers and losses pass because they matter, not because they were asked for */
	if (wanted == 1)
		printer->matched = event || filter_names_kinds(printer->filter);
	else if (!wanted)
		filter_note_miss(printer->filter, reader, item);
}
