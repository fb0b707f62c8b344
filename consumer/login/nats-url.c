/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/login/nats-url.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "proto/base/secret-forms.h"
#include "proto/base/util.h"

static const char *behind_scheme(const char *url)
{
	if (!strncmp(url, "nats://", 7))
		return url + 7;
	return strncmp(url, "tls://", 6) ? NULL : url + 6;
}

bool nats_url_is(const char *url)
{
	return behind_scheme(url);
}

/* A port stands behind the last ':' that is not inside an IPv6 address. */
static bool has_port(const char *server, size_t size)
{
	while (size && server[size - 1] != ']' && server[size - 1] != ':')
		size--;
	return size && server[size - 1] == ':';
}

static bool is_server(const char *server, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (!isalnum((unsigned char)server[i]) && !strchr(".-_:[]", server[i]))
			return false;
	return size > 0;
}

static bool is_stream_name(const char *name)
{
	size_t size = strlen(name);

	for (size_t i = 0; i < size; i++)
		if (!isalnum((unsigned char)name[i]) && name[i] != '_' && name[i] != '-')
			return false;
	return size > 0 && size < sizeof(((struct nats_url *)0)->stream);
}

static int add_servers(struct nats_url *to, const char *list, size_t size, char *problem,
		       size_t room)
{
	size_t used = 0;

	for (size_t at = 0; at <= size;) {
		const char *server = list + at, *comma = memchr(server, ',', size - at);
		size_t length = comma ? (size_t)(comma - server) : size - at;

		if (!is_server(server, length))
			return refuse(problem, room, -EINVAL,
				      "'%.*s' is no server: nats://HOST[:PORT],HOST.../STREAM",
				      (int)length, server);
		if (to->n == NATS_URL_SERVERS || used + length + 16 > sizeof(to->texts))
			return refuse(problem, room, -EINVAL,
				      "too many servers: name %d at most; they tell of the others",
				      NATS_URL_SERVERS);
		to->servers[to->n++] = to->texts + used;
		used += (size_t)sprintf(to->texts + used, "%s://%.*s%s", to->tls ? "tls" : "nats",
					(int)length, server,
					has_port(server, length) ? "" : ":4222") +
			1;
		at += length + 1;
	}
	return 0;
}

int nats_url_parse(struct nats_url *ret, const char *url, char *problem, size_t size)
{
	const char *rest = behind_scheme(url), *stream;
	size_t length, key;

	*ret = (struct nats_url){.tls = !strncmp(url, "tls:", 4)};
	if (!rest)
		return refuse(problem, size, -EINVAL,
			      "nats:// and the servers: nats://HOST[:PORT],HOST.../STREAM");
	length = strcspn(rest, "/");
	stream = rest[length] && rest[length + 1] ? rest + length + 1 : NATS_STREAM_DEFAULT;
	if (strchr(rest, '@') || secret_form_find(rest, strlen(rest), &key))
		return refuse(problem, size, -EINVAL,
			      "no user or password in a URL, which everybody can read: --set "
			      "creds=FILE, --set nkey=FILE, or NATS_USER and NATS_PASSWORD, or "
			      "NATS_TOKEN, in the environment");
	if (!is_stream_name(stream))
		return refuse(problem, size, -EINVAL,
			      "'%.*s' is no name of a stream: letters, digits, _ and -",
			      (int)min_u64(strcspn(stream, "?#"), 64), stream);
	(void)strcpy(ret->stream, stream);
	return add_servers(ret, rest, length, problem, size);
}

const char *nats_set(const char *const *set, const char *name)
{
	size_t size = strlen(name);

	for (; set && *set; set++)
		if (!strncmp(*set, name, size) && (*set)[size] == '=')
			return *set + size + 1;
	return NULL;
}

/* What people would call a secret that they give: it is not repeated, and they are told where to.
 */
static bool is_secret(const char *name, size_t size)
{
	static const char *const names[] = {"password", "pass", "pwd", "token",
					    "seed",     "jwt",  NULL};

	for (size_t i = 0; names[i]; i++)
		if (strlen(names[i]) == size && !strncasecmp(name, names[i], size))
			return true;
	return false;
}

int nats_set_check(const char *const *set, const char *const *names, char *problem, size_t size)
{
	for (; set && *set; set++) {
		size_t length = strcspn(*set, "="), i = 0;

		while (names[i] && (strlen(names[i]) != length || strncmp(names[i], *set, length)))
			i++;
		if (!names[i] && is_secret(*set, length))
			return refuse(
				problem, size, -EINVAL,
				"--set %.*s: a secret in a command line is seen by everybody who "
				"lists processes: put it in a file, and say --set creds=FILE, "
				"nkey=FILE, password-file=FILE or token-file=FILE",
				(int)length, *set);
		if (!names[i])
			return refuse(problem, size, -EINVAL,
				      "--set %.*s: NATS knows no such setting (ringside-forward(1) "
				      "has them all)",
				      (int)min_u64(length, 32), *set);
		if (!(*set)[length] || !(*set)[length + 1])
			return refuse(problem, size, -EINVAL, "--set %s=VALUE: it has none",
				      names[i]);
	}
	return 0;
}

/* A whole number above 0, and a letter of @units, which are worth @worth. */
static int parse_with_unit(const char *text, const char *units, const long long *worth,
			   long long *ret)
{
	char *end;
	long long n = strtoll(text, &end, 10);
	const char *unit = *end ? strchr(units, *end) : NULL;

	if (end == text || n <= 0 || !unit || end[1] || n > INT64_MAX / worth[unit - units])
		return -EINVAL;
	*ret = n * worth[unit - units];
	return 0;
}

int nats_set_time(const char *const *set, const char *name, long long absent, long long *ret,
		  char *problem, size_t size)
{
	static const long long worth[] = {1000000000, 60000000000, 3600000000000, 86400000000000};
	const char *text = nats_set(set, name);

	*ret = absent;
	if (text && parse_with_unit(text, "smhd", worth, ret))
		return refuse(problem, size, -EINVAL,
			      "--set %s=%.32s: a number and s, m, h or d, as in %s=3m", name, text,
			      name);
	return 0;
}

int nats_set_bytes(const char *const *set, const char *name, long long absent, long long *ret,
		   char *problem, size_t size)
{
	static const long long worth[] = {1 << 10, 1 << 20, 1 << 30, 1LL << 40};
	const char *text = nats_set(set, name);

	*ret = absent;
	if (text && parse_with_unit(text, "KMGT", worth, ret))
		return refuse(problem, size, -EINVAL,
			      "--set %s=%.32s: a number and K, M, G or T, as in %s=10G", name, text,
			      name);
	return 0;
}
