/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/login/nats-explain.h"

#include <string.h>

#include "consumer/base/text-line.h"
#include "proto/base/util.h"

#define TEXT_MAX 160u /* of what libnats says, which may hold what a server sent */
#define CREDENTIALS                                                                                \
	"NATS_CREDS or NATS_NKEY in the environment name a file of them, NATS_TOKEN or NATS_USER " \
	"and NATS_PASSWORD are them"

/* By words of OpenSSL's, the first that fits: of what is wrong with the server's certificate, and
 * of the alerts by which a server refuses ours. */
static const struct {
	const char *words, *sentence;
} tls_troubles[] = {
	{"certificate has expired",
	 "its certificate has expired: it has to be renewed there, unless this machine's clock is "
	 "wrong"},
	{"not yet valid",
	 "its certificate is not valid yet: this machine's clock is wrong, or the server's was"},
	{"ostname mismatch",
	 "its certificate is another name's: name the server as its certificate does"},
	{"IP address mismatch",
	 "its certificate is another address's: name the server as its certificate does"},
	{"alert",
	 "it does not take our certificate, or wants one: cert= and key=, or NATS_CERT and "
	 "NATS_KEY, have to name one that is valid and that its authority has signed"},
	{"self-signed", "nobody whom this machine trusts has signed its certificate: ca=, or "
			"NATS_CA, has to name the certificate of who did"},
	{"self signed", "nobody whom this machine trusts has signed its certificate: ca=, or "
			"NATS_CA, has to name the certificate of who did"},
	{"unable to", "nobody whom this machine trusts has signed its certificate: ca=, or "
		      "NATS_CA, has to name the certificate of who did"},
};

static const char *tls_trouble(const char *text)
{
	for (size_t i = 0; text && i < ARRAY_SIZE(tls_troubles); i++)
		if (strstr(text, tls_troubles[i].words))
			return tls_troubles[i].sentence;
	return NULL;
}

/* Without where libnats stood: "(conn.c:1905): ". */
static const char *skip_place(const char *text)
{
	const char *end = *text == '(' ? strstr(text, "): ") : NULL;

	return end ? end + strlen("): ") : text;
}

const char *nats_explain_last(natsStatus s)
{
	const char *text = nats_GetLastError(NULL);

	return text_has(text) ? skip_place(text) : natsStatus_GetText(s);
}

/* What a stranger wrote. */
static const char *safe_text(const struct secrets *secrets, const char *text,
			     char buf[4 * TEXT_MAX])
{
	struct line line = line_make(buf, (size_t)4 * TEXT_MAX);
	char hidden[TEXT_MAX];

	text = skip_place(text);
	secrets_hide(secrets, text, strlen(text), hidden, sizeof(hidden));
	line_safe(&line, hidden, TEXT_MAX);
	(void)line_end(&line);
	return buf;
}

static int explain_tls(const struct nats_client *client, const char *text, const char *server,
		       char *problem, size_t size)
{
	const char *sentence = tls_trouble(text);

	if (!client->url->tls)
		return refuse(problem, size, -EACCES,
			      "%s: it wants TLS: say tls:// in place of nats://", server);
	if (sentence)
		return refuse(problem, size, -EACCES, "%s: %s", server, sentence);
	return refuse(problem, size, -EACCES, "%s: TLS fails: %s", server, text);
}

static int explain_refusal(const struct nats_client *client, const char *text, const char *server,
			   char *problem, size_t size)
{
	if (!*client->who)
		return refuse(problem, size, -EACCES, "%s: it wants credentials (%s): " CREDENTIALS,
			      server, text);
	return refuse(problem, size, -EACCES,
		      "%s: it refuses %s (%s): see that they are right, still valid, and known to "
		      "that server",
		      server, client->who, text);
}

/* With TLS 1.3 a server judges our certificate when we think to be there: it hangs up. */
static int explain_hangup(const struct nats_client *client, const char *server, char *problem,
			  size_t size)
{
	if (!client->url->tls)
		return refuse(problem, size, -EAGAIN, "%s: no connection: it closes it at once",
			      server);
	if (client->certified)
		return refuse(problem, size, -EACCES,
			      "%s: it does not take our certificate: cert= and key=, or NATS_CERT "
			      "and NATS_KEY, have to name one that is valid and that its authority "
			      "has signed",
			      server);
	return refuse(problem, size, -EACCES,
		      "%s: it wants a certificate of ours: cert= and key=, or NATS_CERT and "
		      "NATS_KEY, name the files",
		      server);
}

/* "invalid checksum", "invalid seed": the file was cut, or a letter of it changed. */
static bool is_of_key(const char *text)
{
	return !strncmp(text, "invalid ", strlen("invalid "));
}

int nats_explain(const struct nats_client *client, natsStatus s, const char *text,
		 const char *server, char *problem, size_t size)
{
	char buf[4 * TEXT_MAX];

	text = safe_text(&client->secrets, text_has(text) ? text : natsStatus_GetText(s), buf);
	switch (s) {
	case NATS_CONNECTION_AUTH_FAILED:
		return explain_refusal(client, text, server, problem, size);
	case NATS_SSL_ERROR:
	case NATS_SECURE_CONNECTION_REQUIRED:
		return explain_tls(client, text, server, problem, size);
	case NATS_SECURE_CONNECTION_WANTED:
		return refuse(problem, size, -EACCES,
			      "%s: it has no TLS: turn it on there, or say nats:// in place of "
			      "tls://",
			      server);
	case NATS_PROTOCOL_ERROR:
		if (strstr(text, "got ''"))
			return explain_hangup(client, server, problem, size);
		return refuse(problem, size, -EACCES, "%s: no server of NATS answers there: %s",
			      server, text);
	case NATS_NO_SERVER:
	case NATS_IO_ERROR:
	case NATS_TIMEOUT:
	case NATS_OK:
		return refuse(problem, size, -EAGAIN, "%s: no connection: nobody answers there",
			      server);
	default:
		if (client->file && (strstr(text, client->file) || is_of_key(text)))
			return refuse(problem, size, -EACCES, "%s cannot be used: %s", client->who,
				      text);
		return refuse(problem, size, -EAGAIN, "%s: no connection: %s", server, text);
	}
}

const char *nats_explain_denial(const struct nats_client *client, const char *text,
				char buf[NATS_DENIAL])
{
	char safe[4 * TEXT_MAX];

	*buf = '\0';
	if (text_has(text) && strstr(text, "ermissions Violation"))
		(void)snprintf(buf, NATS_DENIAL,
			       "this user may not do that there, permit it or take another one: "
			       "%.200s",
			       safe_text(&client->secrets, text, safe));
	return buf;
}
