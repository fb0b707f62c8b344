/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/filter/filter-remote.h"

#include <inttypes.h>

#include "consumer/cli/remote.h"

#define HOSTS_MAX 256

int filter_open_remote(struct reader **ret, const char *url, const struct filter *filter,
		       bool follow)
{
	const char *args[2 * HOSTS_MAX + 4], *names[HOSTS_MAX];
	size_t n = 0, n_hosts = filter ? filter_host_names(filter, names, HOSTS_MAX) : 0;
	uint64_t since = filter ? filter_since(filter) : 0;
	char text[24];

	for (size_t i = 0; i < n_hosts; i++) {
		args[n++] = "--host";
		args[n++] = names[i];
	}
	if (since) {
		(void)snprintf(text, sizeof(text), "%" PRIu64, since);
		args[n++] = "--since";
		args[n++] = text;
	}
	if (follow)
		args[n++] = "--follow";
	args[n] = NULL;
	return reader_open_remote(ret, url, args);
}
