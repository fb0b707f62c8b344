/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/commands/printer-internal.h"

#include <string.h>

#include "consumer/cli/habits.h"

static int choose_output(struct printer *printer, const char *arg)
{
	const struct output_ops *ops = output_find(arg);

	/* journalctl has the styles of times in its outputs */
	if (!ops && time_style_find(arg) >= 0)
		return options_usage_error(&printer->options,
					   "no output %.32s: did you mean --time %.32s?", arg, arg);
	if (!ops && habit_output(arg))
		return options_usage_error(&printer->options, "no output %.32s: did you mean %s?",
					   arg, habit_output(arg));
	if (!ops)
		return options_usage_error(&printer->options, "no output %.32s: " OUTPUT_NAMES,
					   arg);
	printer->output.ops = ops;
	return 0;
}

static int choose_style(struct printer *printer, const char *arg)
{
	int style = time_style_find(arg);

	if (style < 0)
		return options_usage_error(&printer->options,
					   "no style of times %.32s: " TIME_STAMP_STYLES, arg);
	printer->output.time = (enum time_style)style;
	printer->output.time_chosen = true;
	return 0;
}

/* As journalctl takes them. */
static int choose_case(struct printer *printer, const char *arg)
{
	static const char *const words[2][5] = {{"no", "false", "0", "off", NULL},
						{"yes", "true", "1", "on", NULL}};

	for (int on = 0; arg && on < 2; on++)
		for (size_t i = 0; words[on][i]; i++)
			if (!strcmp(arg, words[on][i])) {
				printer->sensitivity = on ? GREP_SENSITIVE : GREP_INSENSITIVE;
				return 0;
			}
	if (arg)
		return options_usage_error(&printer->options,
					   "--case-sensitive=%.32s: say yes or no", arg);
	printer->sensitivity = GREP_SENSITIVE;
	return 0;
}

/* Without a pattern it chooses nothing. */
static void note_case(struct printer *printer)
{
	if (printer->pattern && printer->sensitivity != GREP_SMART)
		printer_chooses(printer, PRINTER_CASE,
				printer->sensitivity == GREP_SENSITIVE ? "yes" : "no");
}

void printer_chooses(struct printer *printer, int opt, const char *arg)
{
	excerpt_take(&printer->excerpt, &printer->options, opt, arg, (unsigned)opt);
}

static int take_filter(struct printer *printer, int opt, const char *arg)
{
	char error[256], exact[FILTER_TIME_TEXT];
	int r = filter_option(printer->filter, opt, arg, error, sizeof(error));

	if (r == -ENOMEM)
		return printer_fail(printer, r);
	/* who reads it tomorrow has another "today" */
	if (!r)
		excerpt_take(&printer->excerpt, &printer->options, opt,
			     arg ? filter_exact_arg(printer->filter, opt, arg, exact) : NULL,
			     filter_replaces(opt, arg));
	return r ? options_usage_error(&printer->options, "%s", error) : 0;
}

int printer_option(struct printer *printer, int opt, const char *arg)
{
	char error[256];
	int r;

	switch (opt) {
	case 'o':
		return choose_output(printer, arg);
	case 'v':
		printer->output.verbose = true;
		return 0;
	case PRINTER_FIELDS:
		r = field_list_parse(&printer->fields, arg, error, sizeof(error));
		if (r == -ENOMEM)
			return printer_fail(printer, r);
		return r ? options_usage_error(&printer->options, "%s", error) : 0;
	case PRINTER_ALL:
		printer->output.all = true;
		return 0;
	case PRINTER_UTC:
		printer->output.utc = printer->output.time_chosen = true;
		return 0;
	case PRINTER_TIME:
		return choose_style(printer, arg);
	case PRINTER_COLOR:
		return options_when(&printer->options, "--color", arg,
				    output_wants_color(STDOUT_FILENO), &printer->output.color);
	case PRINTER_FOLD:
		return options_when(&printer->options, "--fold", arg, printer->output.terminal,
				    &printer->output.folds);
	case PRINTER_ONE_STREAM:
		printer->one_stream = true;
		printer_chooses(printer, opt, NULL);
		return 0;
	case PRINTER_FORCE:
		printer->force = true;
		return 0;
	case 'g':
		printer->pattern = arg;
		printer_chooses(printer, opt, arg);
		return 0;
	case PRINTER_CASE:
		return choose_case(printer, arg);
	default:
		return take_filter(printer, opt, arg);
	}
}

static int compile_pattern(struct printer *printer)
{
	char error[256];
	int r = grep_new(&printer->grep, printer->pattern, printer->sensitivity, error,
			 sizeof(error));

	if (r == -ENOMEM)
		return printer_fail(printer, r);
	return r ? options_usage_error(&printer->options, "%s", error) : 0;
}

int printer_check(struct printer *printer)
{
	int r = printer->pattern ? compile_pattern(printer) : 0;

	if (r)
		return r;
	note_case(printer);
	if (printer->fields.n && !output_of_fields(printer->output.ops))
		return options_usage_error(&printer->options,
					   "--fields is for -o text and -o json");
	if (!printer->output.ops->binary || !printer->output.terminal || printer->force)
		return -1;
	return options_usage_error(&printer->options,
				   "%.32s is binary: send it to a file or a pipe, or use --force",
				   printer->output.ops->name);
}
