/* SPDX-License-Identifier: Apache-2.0 */
/* What a configuration that has changed means for a streamer that runs. */
#pragma once

#include "streamer/config/config.h"

/* Names of settings, as people read them: "max-age, attach of oom"; empty: none. */
struct config_changes {
	char applied[512];
	char later[512];  /* what takes a restart */
	char wrong[1024]; /* why nothing was changed */
};

/* Reads the sources again. What can be changed is in @config's values then: labels, and what the
 * sink keeps of a folder, at once; the rest stays as it is. @sink: NULL for none. Returns 0, or
 * -errno: nothing has changed. */
int config_reload(struct config *config, const struct config_sources *sources, struct sink *sink,
		  struct config_changes *ret);
