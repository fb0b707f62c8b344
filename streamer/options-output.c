/* SPDX-License-Identifier: Apache-2.0 */
/* Where the stream goes, and one file after another. */
#include <errno.h>
#include <string.h>

#include "proto/recording/recording-writer.h"
#include "streamer/options-internal.h"

/* Below it, a file would hold little but its first and last records. */
#define MAX_BYTES_LEAST (64u << 10)
#define COMMAND_MAX 4000u

int options_set_output(struct parse *parse, const char *value)
{
	if (!value[0])
		return options_bad(parse, "-w '': accepts the name of a file, or - for stdout");
	parse->options->sink.path = value;
	return 0;
}

int options_set_level(struct parse *parse, const char *value)
{
	uint64_t level = RECORDING_LEVEL_DEFAULT;
	int r = value ? options_number(parse, "-z", value, 0, RECORDING_LEVEL_MAX, &level) : 0;

	if (!r)
		parse->options->sink.level = (int)level;
	return r;
}

int options_set_max_bytes(struct parse *parse, const char *value)
{
	uint64_t bytes;

	if (!units_size(value, &bytes) || bytes < MAX_BYTES_LEAST)
		return options_bad(parse,
				   "-C '%s': accepts bytes, or a number with K, M or G, from 64K",
				   value);
	parse->options->sink.max_bytes = bytes;
	return 0;
}

int options_set_post_rotate(struct parse *parse, const char *value)
{
	if (!value[0] || strlen(value) > COMMAND_MAX)
		return options_bad(parse,
				   "--post-rotate '%s': accepts a command of the shell, up to %u "
				   "bytes",
				   value, COMMAND_MAX);
	parse->options->sink.post_rotate = value;
	return 0;
}

static int set_amount(struct parse *parse, const char *option, const char *value,
		      struct amount *ret)
{
	if (units_amount(value, ret))
		return 0;
	return options_bad(parse,
			   "%s '%s': accepts bytes, a number with K, M, G or T, or 1%% to 100%%",
			   option, value);
}

int options_set_max_use(struct parse *parse, const char *value)
{
	return set_amount(parse, "--max-use", value, &parse->options->sink.max_use);
}

int options_set_keep_free(struct parse *parse, const char *value)
{
	return set_amount(parse, "--keep-free", value, &parse->options->sink.keep_free);
}

int options_set_max_age(struct parse *parse, const char *value)
{
	if (units_span(value, &parse->options->sink.max_age))
		return 0;
	return options_bad(parse,
			   "--max-age '%s': accepts seconds, or numbers with s, min, h, d, week, "
			   "month or year: 30d, 1d12h",
			   value);
}

int options_set_user(struct parse *parse, const char *value)
{
	if (!value[0])
		return options_bad(parse, "--user '': accepts the name or number of a user");
	parse->options->user = value;
	return 0;
}

int options_check_output(struct parse *parse)
{
	const struct sink_config *sink = &parse->options->sink;
	bool to_stdout = !strcmp(sink->path, "-");
	bool rotates = sink->max_bytes || sink->max_seconds || sink->max_files;

	if (sink->append && sink->force)
		return options_bad(parse, "--append and --force exclude each other: keep FILE, or "
					  "replace it");
	if (sink->append && to_stdout)
		return options_bad(parse, "--append needs -w FILE");
	if (sink->append && rotates)
		return options_bad(parse, "--append is for one file: not with -C, -G and -W");
	if (to_stdout && (rotates || sink->post_rotate))
		return options_bad(parse, "-C, -G, -W and --post-rotate need -w FILE or -w DIR/");
	return 0;
}
