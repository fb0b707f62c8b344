/* SPDX-License-Identifier: Apache-2.0 */
/* ringside status nats://...: a row for each host. */
#include "consumer/commands/status-internal.h"

#include <string.h>

#include "consumer/cli/command.h"
#include "consumer/cli/remote.h"
#include "consumer/files/path-problem.h"
#include "consumer/fleet/fleet.h"
#include "consumer/output/output.h"

/* 0; -EREMOTEIO: it could not be read, which was said; -errno. */
static int read_fleet(struct fleet *fleet, const char *url)
{
	const char *const args[] = {"--latest", NULL};
	struct remote remote = {0};
	FILE *in;
	int r = remote_start(&remote, url, args);

	if (r)
		return r == -ENOENT ? -ENOPKG : r;
	in = fdopen(remote.out, "r");
	r = in ? fleet_read(fleet, in) : -errno;
	if (in)
		(void)fclose(in);
	else
		(void)close(remote.out);
	return remote_end(&remote) ? r : -EREMOTEIO;
}

static int print_fleet(const struct fleet *fleet, enum fleet_output output)
{
	_cleanup_(writer_freep) struct writer *writer = NULL;
	int r = writer_new(&writer, STDOUT_FILENO);

	if (r)
		return r;
	if (output == FLEET_TEXT)
		fleet_put_text(writer, fleet, output_wants_color(STDOUT_FILENO));
	if (output == FLEET_JSON)
		fleet_put_json(writer, fleet);
	if (output == FLEET_METRICS)
		fleet_put_metrics(writer, fleet);
	return writer_flush(writer);
}

/* Of one host, as if it were asked there; that it was stopped in order is told, and no failure. */
static int judge_fleet(const struct fleet *fleet)
{
	bool blind = false;

	for (size_t i = 0; i < fleet->n; i++)
		blind |= fleet->hosts[i]->state == FLEET_BLIND && *fleet->hosts[i]->detached;
	if (!fleet->n || blind || fleet->count[FLEET_SILENT] || fleet->count[FLEET_UNKNOWN])
		return EXIT_FAILED;
	for (size_t i = 0; i < fleet->n; i++)
		if (fleet->hosts[i]->state != FLEET_STOPPED && fleet_has_lost(fleet->hosts[i]))
			return STATUS_LOSSES;
	return fleet->count[FLEET_LAGGING] ? STATUS_FORWARD : EXIT_SUCCESS;
}

int status_fleet(const struct command *command, const char *url, enum fleet_output output)
{
	struct fleet fleet = {0};
	char why[PATH_PROBLEM];
	int r = read_fleet(&fleet, url);

	if (!r) {
		fleet_judge(&fleet);
		r = print_fleet(&fleet, output);
	}
	if (r == -EBADMSG)
		(void)command_fail_on(command, url, "could not be read to its end");
	else if (r && r != -EREMOTEIO && r != -EPIPE)
		(void)command_fail_on(command, url, path_problem(url, r, why));
	r = r && r != -EPIPE ? EXIT_FAILED : judge_fleet(&fleet);
	fleet_done(&fleet);
	return r;
}
