/* SPDX-License-Identifier: Apache-2.0 */
/* What values of some settings become, of which no kind says it. As setting_set(). */
#pragma once

#include "streamer/config/setting.h"

int set_probes(struct setting_context *context, const char *value);
int set_attach(struct setting_context *context, const char *value);
int set_rate(struct setting_context *context, const char *value);
int set_ring_size(struct setting_context *context, const char *value);
int set_level(struct setting_context *context, const char *value);
int set_count(struct setting_context *context, const char *value);
int set_label(struct setting_context *context, const char *value);
int set_host_name(struct setting_context *context, const char *value);
int set_doctor(struct setting_context *context, const char *value);

/* As setting_print(). */
void print_probe(const struct options *options, unsigned probe, FILE *out);
void print_attach(const struct options *options, unsigned probe, FILE *out);
void print_rate(const struct options *options, unsigned probe, FILE *out);
void print_ring_size(const struct options *options, unsigned probe, FILE *out);
void print_level(const struct options *options, unsigned probe, FILE *out);
void print_host_name(const struct options *options, unsigned probe, FILE *out);

/* yes or no, as people say them in files. */
bool read_flag(const char *value, bool *ret);
