/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/otlp/otlp-url.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "consumer/base/text-line.h"
#include "proto/base/escape.h"
#include "proto/base/util.h"

#define VARIABLE "OTEL_EXPORTER_OTLP_"
#define PATH "/v1/logs"
#define DEFAULT_ENDPOINT "http://localhost:4318"

static const char *authority_of(const char *url, size_t *ret_size)
{
	const char *start = strstr(url, "://");

	start = start ? start + 3 : url;
	*ret_size = strcspn(start, "/?#");
	return start;
}

static bool is_http(const char *url)
{
	return !strncasecmp(url, "http://", 7) || !strncasecmp(url, "https://", 8);
}

/* As libcurl will read it: what it cannot send to is no outage. */
static int check_parts(const char *url, const char *from, char problem[TARGET_PROBLEM])
{
	CURLU *parts = curl_url();
	CURLUcode code = parts ? curl_url_set(parts, CURLUPART_URL, url, 0) : CURLUE_OUT_OF_MEMORY;

	curl_url_cleanup(parts);
	return code ? refuse(problem, TARGET_PROBLEM, -EINVAL, "%s: %s", from,
			     curl_url_strerror(code))
		    : 0;
}

/* Everything but a path is checked here. */
static int check_url(const char *url, const char *from, char problem[TARGET_PROBLEM])
{
	size_t size;
	const char *authority = authority_of(url, &size);

	if (memchr(authority, '@', size))
		return refuse(problem, TARGET_PROBLEM, -EINVAL,
			      "%s holds a name or a password, which others can read: give it in "
			      "OTEL_EXPORTER_OTLP_HEADERS, or a file by --set headers-file=FILE",
			      from);
	if (!is_http(url))
		return refuse(problem, TARGET_PROBLEM, -EINVAL,
			      "%s begins with neither http:// nor https://", from);
	if (!size || *authority == ':')
		return refuse(problem, TARGET_PROBLEM, -EINVAL, "%s names no host", from);
	for (const char *p = url; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return refuse(problem, TARGET_PROBLEM, -EINVAL,
				      "%s has a blank or a control character in it", from);
	return check_parts(url, from, problem);
}

/* What may be secret is behind the path. */
static char *place_of(const char *url)
{
	char text[TARGET_PROBLEM / 2];
	char *cut = strndup(url, strcspn(url, "?#"));

	if (!cut)
		return NULL;
	escape_line(text, sizeof(text), cut);
	free(cut);
	return strdup(text);
}

/* The values in "?key=value&flag", as they are before they are escaped. */
static int add_query(struct otlp_config *config, const char *url)
{
	const char *p = strchr(url, '?'), *end = url + strcspn(url, "#");
	int r = 0;

	while (!r && p && p < end) {
		const size_t size = strcspn(++p, "&#"), name = strcspn(p, "=&#");
		const char *value = name < size ? p + name + 1 : p;
		int length = (int)(p + size - value), decoded_size;
		char *decoded = curl_easy_unescape(NULL, value, length, &decoded_size);

		/* of none at all it would take all there is */
		r = !decoded ? -ENOMEM : length ? secrets_add(&config->secrets, decoded) : 0;
		curl_free(decoded);
		p += size;
	}
	return r;
}

static int set_url(struct otlp_config *config, const char *url, const char *more, const char *from,
		   char problem[TARGET_PROBLEM])
{
	int r = check_url(url, from, problem);

	if (r)
		return r;
	if (asprintf(&config->url, "%s%s", url, more) < 0)
		config->url = NULL;
	config->place = config->url ? place_of(config->url) : NULL;
	return config->place && !add_query(config, config->url)
		       ? 0
		       : refuse(problem, TARGET_PROBLEM, -EINVAL, "%s", strerror(ENOMEM));
}

/* OTEL_EXPORTER_OTLP_LOGS_ENDPOINT is taken as it is, the general one is what all signals have in
 * common. */
static int read_endpoint(struct otlp_config *config, char problem[TARGET_PROBLEM])
{
	const char *own = getenv(VARIABLE "LOGS_ENDPOINT"), *url = getenv(VARIABLE "ENDPOINT");
	char *base;
	size_t size;
	int r;

	if (text_has(own))
		return set_url(config, own, "", VARIABLE "LOGS_ENDPOINT", problem);
	base = strdup(text_has(url) ? url : DEFAULT_ENDPOINT);
	if (!base)
		return refuse(problem, TARGET_PROBLEM, -EINVAL, "%s", strerror(ENOMEM));
	for (size = strlen(base); size && base[size - 1] == '/'; size--)
		base[size - 1] = '\0';
	r = set_url(config, base, PATH, VARIABLE "ENDPOINT", problem);
	free(base);
	return r;
}

int otlp_url_read(struct otlp_config *config, const struct target_options *options,
		  const char *scheme, char problem[TARGET_PROBLEM])
{
	const char *rest = options->rest, *path;
	char *url;
	int r;

	if (!scheme) {
		if (*rest)
			return refuse(problem, TARGET_PROBLEM, -EINVAL,
				      "otlp: alone is where the environment says; of a place "
				      "that is given, otlp+http://HOST:4318 or otlp+https://HOST");
		return read_endpoint(config, problem);
	}
	if (asprintf(&url, "%s%s", scheme, rest) < 0)
		return refuse(problem, TARGET_PROBLEM, -EINVAL, "%s", strerror(ENOMEM));
	path = strncmp(rest, "//", 2) ? "" : rest + 2;
	path += strcspn(path, "/?#");
	r = set_url(config, url,
		    !strcmp(path, "/") ? PATH + 1
		    : *path            ? ""
				       : PATH,
		    "the URL", problem);
	free(url);
	return r;
}
