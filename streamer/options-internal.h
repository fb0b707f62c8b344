/* SPDX-License-Identifier: Apache-2.0 */
/* What options.c (the table) is made of: options-kernel.c (probes), options-output.c (where the
 * stream goes), and options-value.c, which these stand on. */
#pragma once

#include "proto/base/util.h"
#include "streamer/options.h"

struct parse {
	struct options *options;
	char *error;
	size_t error_size;
	bool container_rate_given;
	int outcome;
};

/* Says what is accepted. Returns -EINVAL. */
_printf_(2, 3) int options_bad(struct parse *parse, const char *format, ...);
int options_number(struct parse *parse, const char *option, const char *value, uint64_t min,
		   uint64_t max, uint64_t *ret);

int options_set_probes(struct parse *parse, const char *value);
int options_set_attach(struct parse *parse, const char *value);
int options_set_build(struct parse *parse, const char *value);
int options_set_btf(struct parse *parse, const char *value);
int options_set_rate(struct parse *parse, const char *value);
int options_set_container_rate(struct parse *parse, const char *value);
int options_set_ring_size(struct parse *parse, const char *value);

int options_set_output(struct parse *parse, const char *value);
int options_set_level(struct parse *parse, const char *value); /* NULL: the usual one */
int options_set_max_bytes(struct parse *parse, const char *value);
int options_set_post_rotate(struct parse *parse, const char *value);
int options_set_max_use(struct parse *parse, const char *value);
int options_set_keep_free(struct parse *parse, const char *value);
int options_set_max_age(struct parse *parse, const char *value);
int options_set_user(struct parse *parse, const char *value);

/* What they say together. */
int options_check_kernel(struct parse *parse);
int options_check_output(struct parse *parse);
