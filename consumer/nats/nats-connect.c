/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/nats/nats-connect.h"

#include <string.h>

#include "proto/base/util.h"

#define CONNECT_MS 2000
#define RECONNECT_MS 500
#define JITTER_MS 500
#define PING_MS 20000
#define RECONNECT_BUFFER (64 * 1024) /* what finds no room there is tried again by who sent it */

/* --set NAME=FILE, or, as of NATS' own tools, the variable. */
static const char *setting(const char *const *set, const char *name, const char *variable)
{
	const char *value = nats_set(set, name);

	return value ? value : getenv(variable);
}

static int unusable(char *problem, size_t size, const char *name, const char *file)
{
	return refuse(problem, size, -EINVAL, "--set %s=%.200s: cannot be used: %s", name, file,
		      access(file, R_OK) < 0 ? strerror(errno) : "it holds no such thing");
}

/* The seed, and on a line of its own the public key that the server knows: as `nk -gen user
 * -pubout` writes both. */
static int use_nkey(natsOptions *options, const char *file, char *problem, size_t size)
{
	_cleanup_fclose_ FILE *f = fopen(file, "re");
	char line[256];

	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, " \t\r\n")] = '\0';
		if (line[0] == 'U' && strlen(line) == 56)
			return natsOptions_SetNKeyFromSeed(options, line, file)
				       ? unusable(problem, size, "nkey", file)
				       : 0;
	}
	if (!f)
		return unusable(problem, size, "nkey", file);
	return refuse(
		problem, size, -EINVAL,
		"--set nkey=%.200s: it has no public key (U...) beside the seed: `nk -gen user "
		"-pubout` writes both",
		file);
}

static int use_credentials(natsOptions *options, const char *const *set, char *problem, size_t size)
{
	const char *creds = setting(set, "creds", "NATS_CREDS");
	const char *nkey = setting(set, "nkey", "NATS_NKEY");
	const char *user = getenv("NATS_USER"), *password = getenv("NATS_PASSWORD");

	if (nkey)
		return use_nkey(options, nkey, problem, size);
	if (creds && (access(creds, R_OK) < 0 ||
		      natsOptions_SetUserCredentialsFromFiles(options, creds, NULL)))
		return unusable(problem, size, "creds", creds);
	if (!creds && user && natsOptions_SetUserInfo(options, user, password ? password : ""))
		return -ENOMEM;
	return 0;
}

static int use_certificates(natsOptions *options, const char *const *set, char *problem,
			    size_t size)
{
	const char *ca = setting(set, "ca", "NATS_CA"), *cert = setting(set, "cert", "NATS_CERT"),
		   *key = setting(set, "key", "NATS_KEY");

	/* libnats checks the chain by default, and with this the name, too. */
	if (natsOptions_SetSecure(options, true))
		return refuse(problem, size, -EINVAL, "this libnats was built without TLS");
	if (ca && natsOptions_LoadCATrustedCertificates(options, ca))
		return unusable(problem, size, "ca", ca);
	if (!cert != !key)
		return refuse(problem, size, -EINVAL,
			      "--set cert=FILE and --set key=FILE go together");
	if (cert && natsOptions_LoadCertificatesChain(options, cert, key))
		return unusable(problem, size, "cert", cert);
	return 0;
}

static int set_options(natsOptions *options, const struct nats_url *url, const char *const *set,
		       char *problem, size_t size)
{
	int r = 0;

	/* a list goes to SetServers alone: SetURL takes one */
	if (natsOptions_SetServers(options, (const char **)url->servers, url->n) ||
	    natsOptions_SetName(options, "ringside") ||
	    natsOptions_SetTimeout(options, CONNECT_MS) ||
	    natsOptions_SetMaxReconnect(options, INT32_MAX) ||
	    natsOptions_SetReconnectWait(options, RECONNECT_MS) ||
	    natsOptions_SetReconnectJitter(options, JITTER_MS, JITTER_MS) ||
	    natsOptions_SetReconnectBufSize(options, RECONNECT_BUFFER) ||
	    natsOptions_SetPingInterval(options, PING_MS) || natsOptions_SetMaxPingsOut(options, 2))
		return -ENOMEM;
	if (url->tls)
		r = use_certificates(options, set, problem, size);
	return r ? r : use_credentials(options, set, problem, size);
}

int nats_connect_options(natsOptions **ret, const struct nats_url *url, const char *const *set,
			 char *problem, size_t size)
{
	natsOptions *options = NULL;
	int r = natsOptions_Create(&options) ? -ENOMEM : 0;

	if (!r)
		r = set_options(options, url, set, problem, size);
	if (r == -ENOMEM)
		(void)refuse(problem, size, r, "%s", strerror(ENOMEM));
	if (r) {
		natsOptions_Destroy(options);
		return r;
	}
	*ret = options;
	return 0;
}
