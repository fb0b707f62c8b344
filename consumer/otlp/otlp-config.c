/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/otlp/otlp-config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "consumer/base/text-line.h"
#include "consumer/forward/secret-file.h"
#include "consumer/otlp/otlp-url.h"
#include "proto/base/units.h"
#include "proto/base/util.h"

#define VARIABLE "OTEL_EXPORTER_OTLP_"
#define TIMEOUT_MS 10000L
#define BODY_BYTES (1024u * 1024)
#define HEADER_LINES 1000u /* of a file */
#define HEADERS_MAX 65536u /* bytes of one */
#define BODY_MIN 4096u
#define IN_FLIGHT 2u
#define MS_PER_SECOND 1000u

/* The one of logs goes before the one of all. NULL: neither is set, or what is set is empty.
 * @ret_name: how the one that counts is called. */
static const char *variable(const char *name, char ret_name[TARGET_NAME_MAX])
{
	static const char *const befores[] = {VARIABLE "LOGS_", VARIABLE};

	for (size_t i = 0; i < ARRAY_SIZE(befores); i++) {
		const char *value;

		(void)snprintf(ret_name, TARGET_NAME_MAX, "%s%s", befores[i], name);
		value = getenv(ret_name);
		if (text_has(value))
			return value;
	}
	return NULL;
}

static int add_header(struct otlp_config *config, const char *line, const char *from,
		      char problem[TARGET_PROBLEM])
{
	const size_t name = strcspn(line, ":");
	struct curl_slist *more;

	for (const char *p = line; *p; p++)
		if (((unsigned char)*p < ' ' && *p != '\t') || *p == 0x7f)
			return refuse(problem, TARGET_PROBLEM, -EINVAL,
				      "%s has a control character in it", from);
	if (!line[name] || !name || memchr(line, ' ', name))
		return refuse(problem, TARGET_PROBLEM, -EINVAL, "%s has a header without a name",
			      from);
	more = curl_slist_append(config->headers, line);
	if (!more)
		return refuse(problem, TARGET_PROBLEM, -EINVAL, "%s", strerror(ENOMEM));
	config->headers = more;
	return 0;
}

/* Those that say where a request ends, whom it is for and what is in it are made for each. */
static bool is_ours(const char *line, size_t size)
{
	static const char *const names[] = {"connection",   "content-encoding", "content-length",
					    "content-type", "expect",           "host",
					    "te",           "trailer",          "transfer-encoding",
					    "upgrade"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strlen(names[i]) == size && !strncasecmp(line, names[i], size))
			return true;
	return false;
}

/* Nobody is to read its value but the other side. */
static int add_given_header(struct otlp_config *config, const char *line, const char *from,
			    char problem[TARGET_PROBLEM])
{
	const int size = (int)strcspn(line, ":");
	int r;

	if (is_ours(line, (size_t)size))
		return refuse(problem, TARGET_PROBLEM, -EINVAL,
			      "%s has the header %.*s, which is made for each request and would "
			      "break it: take it out",
			      from, size, line);
	r = add_header(config, line, from, problem);
	line += r ? 0 : strcspn(line, ":") + 1;
	if (!r && secrets_add(&config->secrets, line + strspn(line, " \t")))
		r = refuse(problem, TARGET_PROBLEM, -EINVAL, "%s", strerror(ENOMEM));
	return r;
}

/* "key=value,...", percent-encoded. */
static int read_headers(struct otlp_config *config, char problem[TARGET_PROBLEM])
{
	char name[TARGET_NAME_MAX], *text, *all, *pair;
	const char *value = variable("HEADERS", name);
	int r = 0;

	if (!value)
		return 0;
	text = all = strdup(value);
	while (!r && (pair = strsep(&text, ","))) {
		char *equals = strchr(pair, '='), *line, *decoded;
		int size;

		pair += strspn(pair, " \t");
		if (!*pair)
			continue;
		decoded = equals ? curl_easy_unescape(NULL, equals + 1, 0, &size) : NULL;
		if (!decoded ||
		    asprintf(&line, "%.*s: %s", (int)(equals - pair), pair, decoded) < 0) {
			r = refuse(problem, TARGET_PROBLEM, -EINVAL,
				   "%s is not \"name=value,name=value\"", name);
		} else {
			r = add_given_header(config, line, name, problem);
			free(line);
		}
		curl_free(decoded);
	}
	free(all);
	return r;
}

static void warn_of_open(const struct target_options *options, const char *path)
{
	char doubt[SECRET_FILE_DOUBT];

	if (options->say && secret_file_is_open(path, doubt))
		options->say(options->data, doubt);
}

static int add_lines(struct otlp_config *config, char *text, const char *path,
		     char problem[TARGET_PROBLEM])
{
	size_t lines = 0;
	char *line;
	int r = 0;

	while (!r && (line = strsep(&text, "\n"))) {
		line[strcspn(line, "\r")] = '\0';
		if (++lines > HEADER_LINES)
			return refuse(problem, TARGET_PROBLEM, -EINVAL,
				      "headers-file '%s': it has too many lines", path);
		if (*line && *line != '#')
			r = add_given_header(config, line, "headers-file", problem);
	}
	return r;
}

static int read_headers_file(struct otlp_config *config, const struct target_options *options,
			     const char *path, bool again, char problem[TARGET_PROBLEM])
{
	_cleanup_free_ char *text = NULL;
	int r;

	config->has_headers_file = true;
	if (again && secret_file_may_block(path))
		return refuse(problem, TARGET_PROBLEM, -EINVAL, "headers-file '%s': %s", path,
			      SECRET_FILE_BLOCKS);
	text = malloc(HEADERS_MAX);
	if (!text)
		return refuse(problem, TARGET_PROBLEM, -EINVAL, "%s", strerror(ENOMEM));
	r = secret_file_read(path, text, HEADERS_MAX, options->stop);
	/* what could not be read would be missing in each request */
	if (r)
		r = refuse(problem, TARGET_PROBLEM, -EINVAL, "headers-file '%s': %s", path,
			   secret_file_problem(r));
	else
		warn_of_open(options, path);
	if (!r)
		r = add_lines(config, text, path, problem);
	explicit_bzero(text, HEADERS_MAX);
	return r;
}

static int read_retry(struct otlp_config *config, const char *value, char problem[TARGET_PROBLEM])
{
	const char *p = value;
	uint64_t status;

	for (;; p++) {
		p = units_number(p, OTLP_STATUS_END - 1, &status);
		if (!p || status < 400 || (*p && *p != ','))
			return refuse(problem, TARGET_PROBLEM, -EINVAL,
				      "retry-on is a list of statuses, 400 to 599: "
				      "retry-on=500,408");
		config->retry[status] = true;
		if (!*p)
			return 0;
	}
}

static const char *const compressions[] = {
	[OTLP_NONE] = "none", [OTLP_GZIP] = "gzip", [OTLP_ZSTD] = "zstd"};

static int read_compression(struct otlp_config *config, const char *value, const char *name,
			    char problem[TARGET_PROBLEM])
{
	for (size_t i = 0; i < ARRAY_SIZE(compressions); i++) {
		if (strcmp(value, compressions[i]) != 0)
			continue;
		config->compression = (enum otlp_compression)i;
		return 0;
	}
	return refuse(problem, TARGET_PROBLEM, -EINVAL, "%s is gzip, zstd or none", name);
}

static int read_number(const char *value, uint64_t least, uint64_t most, const char *name,
		       uint64_t *ret, char problem[TARGET_PROBLEM])
{
	const char *end = units_number(value, most, ret);

	if (!end || *end || *ret < least)
		return refuse(problem, TARGET_PROBLEM, -EINVAL, "%s is a number from %lu to %lu",
			      name, (unsigned long)least, (unsigned long)most);
	return 0;
}

/* What others call it: a secret that was given is not repeated, and they are told where to. */
static bool is_secret(const char *name, size_t size)
{
	static const char *const names[] = {"header",  "headers", "authorization",
					    "api-key", "token",   "password",
					    "bearer",  "user",    "x-api-key"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strlen(names[i]) == size && !strncasecmp(name, names[i], size))
			return true;
	return false;
}

static int read_set(struct otlp_config *config, const struct target_options *options,
		    const char *set, bool again, char problem[TARGET_PROBLEM])
{
	const size_t size = strcspn(set, "=");
	const char *value = set + size + (set[size] == '=');
	uint64_t number = 0;
	int r;

#define IS(name) (size == strlen(name) && !strncmp(set, name, size))
	if (IS("retry-on"))
		return read_retry(config, value, problem);
	if (IS("compression"))
		return read_compression(config, value, "compression", problem);
	if (IS("headers-file"))
		return read_headers_file(config, options, value, again, problem);
	if (IS("in-flight")) {
		r = read_number(value, 1, OTLP_IN_FLIGHT_MAX, "in-flight", &number, problem);
		config->in_flight = (unsigned)number;
		return r;
	}
	if (IS("timeout")) {
		if (!units_span(value, &number) || number > INT32_MAX / MS_PER_SECOND)
			return refuse(problem, TARGET_PROBLEM, -EINVAL,
				      "timeout is a time: 10s, 1min");
		config->timeout_ms = (long)(number * MS_PER_SECOND);
		return 0;
	}
	if (IS("body")) {
		if (!units_size(value, &number) || number < BODY_MIN || number > UINT32_MAX)
			return refuse(problem, TARGET_PROBLEM, -EINVAL,
				      "body is a size of at least 4K: 1M");
		config->body_bytes = (size_t)number;
		return 0;
	}
#undef IS
	if (is_secret(set, size))
		return refuse(problem, TARGET_PROBLEM, -EINVAL,
			      "--set %.*s: a secret in a command line is seen by everybody who "
			      "lists processes: put the header into a file, and say --set "
			      "headers-file=FILE",
			      (int)size, set);
	return refuse(problem, TARGET_PROBLEM, -EINVAL,
		      "--set knows of OTLP: body, compression, headers-file, in-flight, "
		      "retry-on, timeout");
}

static int read_file(char **ret, const char *variable_name, char problem[TARGET_PROBLEM])
{
	char name[TARGET_NAME_MAX];
	const char *path = variable(variable_name, name);

	if (!path)
		return 0;
	if (access(path, R_OK) < 0 || secret_file_may_block(path))
		return refuse(problem, TARGET_PROBLEM, -EINVAL, "%s: the file cannot be read: %s",
			      name, access(path, R_OK) < 0 ? strerror(errno) : SECRET_FILE_BLOCKS);
	*ret = strdup(path);
	return *ret ? 0 : refuse(problem, TARGET_PROBLEM, -EINVAL, "%s", strerror(ENOMEM));
}

static int read_environment(struct otlp_config *config, char problem[TARGET_PROBLEM])
{
	char name[TARGET_NAME_MAX];
	const char *value = variable("PROTOCOL", name);
	uint64_t number = 0;
	int r;

	if (value && strcmp(value, "http/protobuf") != 0)
		return refuse(problem, TARGET_PROBLEM, -EINVAL,
			      "%s has to be http/protobuf: no other is spoken here", name);
	value = variable("TIMEOUT", name);
	if (value) {
		r = read_number(value, 1, INT32_MAX, name, &number, problem);
		if (r)
			return r;
		config->timeout_ms = (long)number;
	}
	value = variable("COMPRESSION", name);
	r = value ? read_compression(config, value, name, problem) : 0;
	if (!r)
		r = read_file(&config->certificate, "CERTIFICATE", problem);
	if (!r)
		r = read_file(&config->client_certificate, "CLIENT_CERTIFICATE", problem);
	if (!r)
		r = read_file(&config->client_key, "CLIENT_KEY", problem);
	return r ? r : read_headers(config, problem);
}

static int add_own_headers(struct otlp_config *config, char problem[TARGET_PROBLEM])
{
	int r = add_header(config, "Content-Type: application/x-protobuf", "", problem);
	char encoding[32];

	if (!r && config->compression != OTLP_NONE) {
		(void)snprintf(encoding, sizeof(encoding), "Content-Encoding: %s",
			       compressions[config->compression]);
		r = add_header(config, encoding, "", problem);
	}
	/* else libcurl waits for leave to send, up to a second */
	return r ? r : add_header(config, "Expect:", "", problem);
}

int otlp_config_read(struct otlp_config *config, const struct target_options *options,
		     const char *scheme, bool again, char problem[TARGET_PROBLEM])
{
	static const unsigned retried[] = {429, 502, 503, 504};
	int r;

	*config = (struct otlp_config){
		.timeout_ms = TIMEOUT_MS,
		.compression = OTLP_GZIP,
		.body_bytes = BODY_BYTES,
		.in_flight = IN_FLIGHT,
	};
	for (size_t i = 0; i < ARRAY_SIZE(retried); i++)
		config->retry[retried[i]] = true;
	r = read_environment(config, problem);
	for (size_t i = 0; !r && options->set && options->set[i]; i++)
		r = read_set(config, options, options->set[i], again, problem);
	if (!r)
		r = otlp_url_read(config, options, scheme, problem);
	if (config->client_key)
		warn_of_open(options, config->client_key);
	return r ? r : add_own_headers(config, problem);
}

void otlp_config_done(struct otlp_config *config)
{
	free(config->url);
	free(config->place);
	curl_slist_free_all(config->headers);
	secrets_free(&config->secrets);
	free(config->certificate);
	free(config->client_certificate);
	free(config->client_key);
}
