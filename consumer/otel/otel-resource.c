/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/otel/otel-resource.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/base/text-line.h"

#define VALUE_MAX 1024u

/* The later of two with the same key counts. */
static void set_attribute(struct otel_attribute *all, size_t *n, const char *key, const char *value)
{
	size_t i = 0;

	if (!text_has(key) || !text_has(value))
		return;
	while (i < *n && strcmp(all[i].key, key) != 0)
		i++;
	if (i == OTEL_RESOURCE_MAX)
		return;
	all[i] = (struct otel_attribute){key, value, strnlen(value, VALUE_MAX)};
	*n += i == *n;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Percent-encoding, in its place; false: it is malformed. */
static bool decode(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (*s != '%') {
			*to++ = *s;
			continue;
		}
		if (hex_digit(s[1]) < 0 || hex_digit(s[2]) < 0)
			return false;
		*to = (char)(hex_digit(s[1]) << 4 | hex_digit(s[2]));
		if (!*to)
			return false;
		to++;
		s += 2;
	}
	*to = '\0';
	return true;
}

static char *without_blanks(char *s)
{
	size_t size;

	s += strspn(s, " \t");
	for (size = strlen(s); size && strchr(" \t", s[size - 1]); size--)
		s[size - 1] = '\0';
	return s;
}

static void read_pairs(struct otel_resource *resource, char *text)
{
	char *pair, *value;

	while ((pair = strsep(&text, ","))) {
		value = strchr(pair, '=');
		if (!value)
			continue;
		*value++ = '\0';
		pair = without_blanks(pair);
		value = without_blanks(value);
		if (decode(pair) && decode(value))
			set_attribute(resource->said, &resource->n_said, pair, value);
	}
}

int otel_resource_read(struct otel_resource *resource, const char *attributes, const char *service)
{
	const size_t size = strlen(attributes ? attributes : "") + 1;
	const size_t more = strlen(service ? service : "") + 1;

	resource->environment = malloc(size + more);
	if (!resource->environment)
		return -ENOMEM;
	memcpy(resource->environment, attributes ? attributes : "", size);
	memcpy(resource->environment + size, service ? service : "", more);
	read_pairs(resource, resource->environment);
	set_attribute(resource->said, &resource->n_said, "service.name",
		      resource->environment + size);
	return 0;
}

void otel_resource_done(struct otel_resource *resource)
{
	free(resource->environment);
}

/* As the conventions have it. */
static const char *arch_of(const char *machine)
{
	static const struct {
		const char *machine, *arch;
	} all[] = {
		{"x86_64", "amd64"}, {"aarch64", "arm64"}, {"armv7l", "arm32"},
		{"i686", "x86"},     {"ppc64le", "ppc64"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (text_equal(machine, all[i].machine))
			return all[i].arch;
	return machine;
}

static void set(struct otel_resource *resource, const char *key, const char *value)
{
	set_attribute(resource->all, &resource->n, key, value);
}

static void take_header(struct otel_resource *resource, const Ringside__V1__Header *header)
{
	for (size_t i = 0; i < header->n_labels; i++)
		set(resource, header->labels[i]->key, header->labels[i]->value);
	set(resource, "host.name", header->host_name);
	set(resource, "host.id", header->machine_id);
	set(resource, "host.arch", arch_of(header->architecture));
	set(resource, "os.version", header->kernel_release);
	set(resource, "linux.boot_id", header->boot_id);
	set(resource, "service.version", header->streamer_version);
}

void otel_resource_put(struct otel_resource *resource, const Ringside__V1__Header *header,
		       const struct otel_form *form, struct writer *writer)
{
	resource->n = 0;
	set(resource, "service.name", "ringside");
	if (header)
		take_header(resource, header);
	set(resource, "os.type", "linux");
	for (size_t i = 0; i < resource->n_said; i++)
		set(resource, resource->said[i].key, resource->said[i].value);
	for (size_t i = 0; i < resource->n && writer->size < WRITER_SIZE / 2; i++)
		form->string(writer, resource->all[i].key, resource->all[i].value,
			     resource->all[i].size);
}
