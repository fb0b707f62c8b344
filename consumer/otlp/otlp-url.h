/* SPDX-License-Identifier: Apache-2.0 */
/* Where to send: by --to, or by the environment as OpenTelemetry's exporters read it. */
#pragma once

#include "consumer/otlp/otlp-config.h"

/* Into @config: the URL, how it is called, and what is secret in it. @scheme as otlp_config_read()
 * has it. 0, or -EINVAL and a sentence. */
int otlp_url_read(struct otlp_config *config, const struct target_options *options,
		  const char *scheme, char problem[TARGET_PROBLEM]);
