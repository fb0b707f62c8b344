/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/output/output.h"

#include <sys/ioctl.h>

#include "proto/base/util.h"

const struct output_ops *const outputs[] = {
#define OUTPUT_ROW(name) &output_##name,
	OUTPUTS(OUTPUT_ROW) NULL,
#undef OUTPUT_ROW
};

const struct output_ops *output_find(const char *name)
{
	for (size_t i = 0; outputs[i]; i++) {
		if (!strcmp(outputs[i]->name, name))
			return outputs[i];
	}
	return NULL;
}

const struct output_ops *output_of_fields(const struct output_ops *ops)
{
	if (ops == &output_text)
		return &output_fields_text;
	return ops == &output_json ? &output_fields_json : NULL;
}

int output_open(struct output *output)
{
	output->state = NULL;
	return output->ops->open ? output->ops->open(output) : 0;
}

int output_put(struct output *output, const Ringside__V1__Record *record, const uint8_t *frame,
	       size_t size)
{
	int r = output->ops->put(output, record, frame, size);

	return r ? r : output->writer->error;
}

bool output_prints(const struct output *output, unsigned kind)
{
	return !output->ops->prints || output->ops->prints(output, kind);
}

void output_settle(struct output *output, bool ends)
{
	if (output->ops->settle && output->state)
		output->ops->settle(output, ends);
}

int output_close(struct output *output)
{
	output_settle(output, true);
	if (output->ops->close)
		output->ops->close(output->state);
	output->state = NULL;
	return writer_flush(output->writer);
}

bool output_can_rewrite(int fd)
{
	const char *term = getenv("TERM");

	return isatty(fd) && term && strcmp(term, "dumb") != 0;
}

bool output_wants_color(int fd)
{
	const char *no_color = getenv("NO_COLOR");

	return output_can_rewrite(fd) && !(no_color && *no_color);
}

size_t output_columns(int fd)
{
	struct winsize size;

	return isatty(fd) && !ioctl(fd, TIOCGWINSZ, &size) ? size.ws_col : 0;
}
