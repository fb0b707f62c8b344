/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/login/nats-credentials.h"

#include <string.h>

#include "consumer/base/text-line.h"
#include "consumer/forward/secret-file.h"
#include "proto/base/util.h"

#define SECRET_MAX 1024
#define ESCAPED_MAX (6 * SECRET_MAX)
#define NKEY_LINE 256

/* By which of them it is to be. NULL: not by that. */
struct given {
	const char *creds, *nkey, *user, *password_file, *token_file, *token;
};

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return text_has(value) ? value : NULL;
}

static const char *setting(const char *const *set, const char *name, const char *name_of_variable)
{
	const char *value = nats_set(set, name);

	return value ? value : variable(name_of_variable);
}

_printf_(2, 3) static void set_who(struct nats_client *client, const char *format, ...)
{
	char text[NATS_WHO_MAX];
	struct line line = line_make(client->who, sizeof(client->who));
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	line_safe(&line, text, sizeof(text));
	(void)line_end(&line);
}

static void warn_of_open(const struct nats_client *client, const char *path)
{
	char doubt[SECRET_FILE_DOUBT];

	if (client->say && secret_file_is_open(path, doubt))
		client->say(client->data, doubt);
}

/* Of the file, or, where that can be read, of what is in it. */
static int unusable(char *problem, size_t size, const char *name, const char *file)
{
	char safe[LINE_FILE];
	const char *why = nats_GetLastError(NULL);

	return refuse(problem, size, -EINVAL, "%s=%.200s: cannot be used: %.200s", name,
		      line_file(file, safe),
		      access(file, R_OK) < 0        ? strerror(errno)
		      : secret_file_may_block(file) ? SECRET_FILE_BLOCKS
		      : text_has(why)               ? why
						    : "it holds no such thing");
}

/* ---- who ---- */

static int choose(struct given *ret, const char *const *set, char *problem, size_t size)
{
	struct given given = {
		.creds = nats_set(set, "creds"),
		.nkey = nats_set(set, "nkey"),
		.user = nats_set(set, "user"),
		.password_file = nats_set(set, "password-file"),
		.token_file = nats_set(set, "token-file"),
	};
	int n = !!given.creds + !!given.nkey + !!given.user + !!given.token_file;

	if (n > 1)
		return refuse(problem, size, -EINVAL,
			      "--set creds, nkey, user and token-file: it can be one of them");
	if (given.password_file && !given.user)
		return refuse(problem, size, -EINVAL,
			      "--set password-file=FILE: whose? --set user=NAME goes with it");
	if (!n && !(given.nkey = variable("NATS_NKEY")) &&
	    !(given.creds = variable("NATS_CREDS")) && !(given.token = variable("NATS_TOKEN")))
		given.user = variable("NATS_USER");
	*ret = given;
	return 0;
}

/* The seed, and on a line of its own the public key that the server knows: as `nk -gen user
 * -pubout` writes both. */
static int use_nkey(struct nats_client *client, const char *file, char *problem, size_t size)
{
	_cleanup_fclose_ FILE *f = secret_file_may_block(file) ? NULL : fopen(file, "re");
	char line[NKEY_LINE];

	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, " \t\r\n")] = '\0';
		if (line[0] != 'U' || strlen(line) != 56)
			continue;
		set_who(client, "the nkey in %.200s", file);
		client->file = file;
		return natsOptions_SetNKeyFromSeed(client->options, line, file)
			       ? unusable(problem, size, "nkey", file)
			       : 0;
	}
	explicit_bzero(line, sizeof(line));
	if (!f)
		return unusable(problem, size, "nkey", file);
	return refuse(problem, size, -EINVAL,
		      "nkey=%.200s: it has no public key (U...) beside the seed: `nk -gen user "
		      "-pubout` writes both",
		      file);
}

static int use_creds(struct nats_client *client, const char *file, char *problem, size_t size)
{
	set_who(client, "the credentials in %.200s", file);
	client->file = file;
	if (access(file, R_OK) < 0 || secret_file_may_block(file) ||
	    natsOptions_SetUserCredentialsFromFiles(client->options, file, NULL))
		return unusable(problem, size, "creds", file);
	return 0;
}

/* libnats puts it between the quotes of a JSON text as it is. */
static void escape_json(const char *text, char buf[ESCAPED_MAX])
{
	char *p = buf;

	for (; *text; text++)
		if ((unsigned char)*text < ' ')
			p += sprintf(p, "\\u%04x", *text);
		else
			p += sprintf(p, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
	*p = '\0';
}

/* What stands in @file, or @text, as it can be given to libnats; @secrets: what else it is to be
 * kept in, or NULL. */
static int read_secret(struct secrets *secrets, const atomic_bool *stop, const char *name,
		       const char *file, const char *text, char escaped[ESCAPED_MAX], char *problem,
		       size_t size)
{
	char value[SECRET_MAX] = "", safe[LINE_FILE];
	int r = 0;

	if (file)
		r = secret_file_read(file, value, sizeof(value), stop);
	else if (text && strlen(text) < sizeof(value))
		(void)strcpy(value, text);
	else if (text)
		r = -EFBIG;
	if (!r && secrets)
		r = secrets_add(secrets, value);
	if (!r)
		escape_json(value, escaped);
	explicit_bzero(value, sizeof(value));
	if (!r)
		return 0;
	return refuse(problem, size, -EINVAL, "%s%s%.200s: %s", name, file ? "=" : "",
		      file ? line_file(file, safe) : "", secret_file_problem(r));
}

static int use_user(struct nats_client *client, const struct given *given, char *problem,
		    size_t size)
{
	char password[ESCAPED_MAX], user[ESCAPED_MAX];
	int r = read_secret(NULL, NULL, "the user's name", NULL, given->user, user, problem, size);

	if (!r)
		r = read_secret(&client->secrets, client->stop,
				given->password_file ? "password-file" : "NATS_PASSWORD",
				given->password_file, getenv("NATS_PASSWORD"), password, problem,
				size);
	if (r)
		return r;
	set_who(client, "the user %.100s", given->user);
	r = natsOptions_SetUserInfo(client->options, user, password) ? -ENOMEM : 0;
	explicit_bzero(password, sizeof(password));
	return r;
}

static int use_token(struct nats_client *client, const struct given *given, char *problem,
		     size_t size)
{
	char token[ESCAPED_MAX];
	int r = read_secret(&client->secrets, client->stop,
			    given->token_file ? "token-file" : "NATS_TOKEN", given->token_file,
			    given->token, token, problem, size);

	if (r)
		return r;
	set_who(client, "the token of %.200s",
		given->token_file ? given->token_file : "NATS_TOKEN");
	r = natsOptions_SetToken(client->options, token) ? -ENOMEM : 0;
	explicit_bzero(token, sizeof(token));
	return r;
}

static int use_one(struct nats_client *client, const struct given *given, char *problem,
		   size_t size)
{
	const char *file = given->creds  ? given->creds
			   : given->nkey ? given->nkey
			   : given->user ? given->password_file
					 : given->token_file;

	if (file)
		warn_of_open(client, file);
	if (given->nkey)
		return use_nkey(client, given->nkey, problem, size);
	if (given->creds)
		return use_creds(client, given->creds, problem, size);
	if (given->token || given->token_file)
		return use_token(client, given, problem, size);
	return given->user ? use_user(client, given, problem, size) : 0;
}

/* ---- certificates ---- */

static int use_certificates(struct nats_client *client, const char *const *set, char *problem,
			    size_t size)
{
	const char *ca = setting(set, "ca", "NATS_CA"), *cert = setting(set, "cert", "NATS_CERT"),
		   *key = setting(set, "key", "NATS_KEY");

	/* libnats checks the chain by default, and with this the name, too. */
	if (natsOptions_SetSecure(client->options, true))
		return refuse(problem, size, -EINVAL, "this libnats was built without TLS");
	if (ca && (secret_file_may_block(ca) ||
		   natsOptions_LoadCATrustedCertificates(client->options, ca)))
		return unusable(problem, size, "ca", ca);
	if (!cert != !key)
		return refuse(problem, size, -EINVAL,
			      "--set cert=FILE and --set key=FILE go together");
	if (!cert)
		return 0;
	warn_of_open(client, key);
	if (secret_file_may_block(key))
		return unusable(problem, size, "key", key);
	if (secret_file_may_block(cert) ||
	    natsOptions_LoadCertificatesChain(client->options, cert, key))
		return access(key, R_OK) < 0 ? unusable(problem, size, "key", key)
					     : unusable(problem, size, "cert", cert);
	client->certified = true;
	set_who(client, "the certificate in %.200s", cert);
	return 0;
}

int nats_credentials_use(struct nats_client *client, const char *const *set, char *problem,
			 size_t size)
{
	struct given given;
	int r = choose(&given, set, problem, size);

	if (r)
		return r;
	if (client->url->tls)
		r = use_certificates(client, set, problem, size);
	else if (nats_set(set, "ca") || nats_set(set, "cert") || nats_set(set, "key"))
		return refuse(problem, size, -EINVAL,
			      "--set ca, cert and key are of TLS: say tls:// in place of nats://");
	return r ? r : use_one(client, &given, problem, size);
}
