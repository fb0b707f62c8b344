/* SPDX-License-Identifier: Apache-2.0 */
/* What no hook of a probe shows, it looks at: an iterator whose program counts and writes nothing.
 */
#include <bpf/bpf.h>

#include "proto/base/util.h"
#include "streamer/kernel/kernel-internal.h"

static void run_look(int link_fd)
{
	_cleanup_close_ int fd = bpf_iter_create(link_fd);
	char nothing[64];

	/* EAGAIN: a million files are enough for one call */
	while (fd >= 0)
		if (read(fd, nothing, sizeof(nothing)) >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
}

static void look_for(const struct kernel *kernel, unsigned probe)
{
	for (const struct look *look = tiers_looks[probe]; look->program; look++) {
		const int link = kernel_link(kernel, look->program);

		if (link >= 0)
			run_look(link);
	}
}

void kernel_look(const struct kernel *kernel)
{
	struct bpf_objects_links links;

	for (unsigned id = 0; id < WIRE_PROBE_COUNT; id++)
		look_for(kernel, id);
	/* Who does not show now is asked again by the walk. */
	if (!kernel->objects)
		return;
	links = kernel_object_links(kernel);
	(void)bpf_objects_look(kernel->objects, &links);
}
