/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/nats/nats-stream.h"

#include <string.h>

#include "consumer/login/nats-url.h"
#include "consumer/nats/nats-subject.h"
#include "proto/base/util.h"

#define MINUTE 60000000000LL
#define DUPLICATES_MIN (2 * MINUTE)
#define DUPLICATES_MAX (10 * MINUTE)
#define NO_REPLICAS 10074 /* the server is no cluster */
#define NO_PLACE 10005    /* the cluster has not as many servers that could */
#define OVERLAP 10065     /* another stream takes some of the subjects */
#define WAIT_MS 3000
#define ALL_SUBJECTS NATS_PREFIX ">"

int nats_stream_wants(struct nats_stream_wanted *ret, const char *name, const char *const *set,
		      char *problem, size_t size)
{
	const char *replicas = nats_set(set, "replicas");
	int r;

	*ret = (struct nats_stream_wanted){.name = name};
	if (replicas && (strlen(replicas) != 1 || !strchr("135", *replicas)))
		return refuse(problem, size, -EINVAL, "--set replicas=%.16s: 1, 3 or 5", replicas);
	ret->replicas = replicas ? *replicas - '0' : 0;
	r = nats_set_time(set, "duplicates", DUPLICATES_MIN, &ret->duplicates, problem, size);
	if (!r)
		r = nats_set_time(set, "max-age", 0, &ret->max_age, problem, size);
	if (!r)
		r = nats_set_bytes(set, "max-bytes", -1, &ret->max_bytes, problem, size);
	if (r)
		return r;
	if (ret->duplicates < DUPLICATES_MIN || ret->duplicates > DUPLICATES_MAX)
		return refuse(problem, size, -EINVAL, "--set duplicates: 2m to 10m");
	if (ret->max_age && ret->max_age < ret->duplicates)
		return refuse(problem, size, -EINVAL,
			      "--set max-age: not below the window for duplicates, %lld min",
			      ret->duplicates / MINUTE);
	return 0;
}

/* Whether @pattern, subjects of a stream, takes all of ours. */
static bool covers(const char *pattern)
{
	const char *subject = ALL_SUBJECTS;

	while (*pattern && *subject) {
		size_t n = strcspn(pattern, "."), m = strcspn(subject, ".");

		if (n == 1 && *pattern == '>')
			return true;
		if (!(n == 1 && *pattern == '*') && (n != m || strncmp(pattern, subject, n)))
			return false;
		pattern += n + (pattern[n] == '.');
		subject += m + (subject[m] == '.');
	}
	return !*pattern && !*subject;
}

static bool takes_ours(const jsStreamConfig *config)
{
	for (int i = 0; i < config->SubjectsLen; i++)
		if (covers(config->Subjects[i]))
			return true;
	return false;
}

/* NULL, or what of it would lose records. */
static const char *misfit(const jsStreamConfig *config)
{
	if (!takes_ours(config))
		return "it does not take the subjects " ALL_SUBJECTS;
	if (config->Sealed)
		return "it is sealed";
	if (config->Retention != js_LimitsPolicy)
		return "it keeps only what somebody has yet to consume; retention has to be limits";
	if (config->Storage != js_FileStorage)
		return "it is in memory only; storage has to be file";
	if (config->NoAck)
		return "it acknowledges nothing";
	if (config->MaxMsgsPerSubject > 0)
		return "it keeps only a number of messages for each subject";
	if (config->MaxMsgSize > 0 && config->MaxMsgSize < 128 * 1024)
		return "it takes no messages of 128 KiB (max_msg_size)";
	if (config->Duplicates < DUPLICATES_MIN)
		return "its window for duplicates is below 2 minutes";
	return NULL;
}

static int check_stream(const jsStreamInfo *info, struct nats_stream_found *ret, char *problem,
			size_t size)
{
	const char *why = misfit(info->Config);

	if (why)
		return refuse(problem, size, -EINVAL, "stream %s: %s", info->Config->Name, why);
	ret->created = info->Created;
	ret->last_seq = info->State.LastSeq;
	ret->duplicates = info->Config->Duplicates;
	ret->replicas = info->Config->Replicas;
	return 0;
}

static int make_stream(jsCtx *js, const struct nats_stream_wanted *wanted, long long replicas,
		       jsStreamInfo **ret, jsErrCode *code)
{
	const char *subjects[] = {ALL_SUBJECTS};
	jsOptions options;
	jsStreamConfig config;

	(void)jsOptions_Init(&options);
	options.Wait = WAIT_MS;
	(void)jsStreamConfig_Init(&config);
	config.Name = wanted->name;
	config.Description = "Ringside: OOM kills and seccomp denials";
	config.Subjects = subjects;
	config.SubjectsLen = 1;
	config.Storage = js_FileStorage;
	config.Replicas = replicas;
	config.Duplicates = wanted->duplicates;
	config.MaxAge = wanted->max_age;
	config.MaxBytes = wanted->max_bytes;
	return js_AddStream(ret, js, &config, &options, code);
}

static int add_stream(jsCtx *js, const struct nats_stream_wanted *wanted, jsStreamInfo **ret,
		      char *problem, size_t size)
{
	jsErrCode code = 0;
	int s = make_stream(js, wanted, wanted->replicas ? wanted->replicas : 3, ret, &code);

	if (s && code == NO_REPLICAS && !wanted->replicas)
		s = make_stream(js, wanted, 1, ret, &code);
	if (!s)
		return 0;
	if (code == NO_PLACE)
		return refuse(problem, size, -EAGAIN,
			      "stream %s: too few servers for %lld copies (--set replicas=1 takes "
			      "one)",
			      wanted->name, wanted->replicas ? wanted->replicas : 3);
	if (code == OVERLAP)
		return refuse(
			problem, size, -EINVAL,
			"there is no stream %s, and another one takes the subjects " ALL_SUBJECTS
			": name that one behind the servers, as in nats://HOST/NAME",
			wanted->name);
	return refuse(problem, size, -EAGAIN, "stream %s cannot be made: %s%s", wanted->name,
		      nats_GetLastError(NULL) ?: natsStatus_GetText(s),
		      s == NATS_TIMEOUT ? " (no answer, or this user may not)" : "");
}

int nats_stream_ready(jsCtx *js, const struct nats_stream_wanted *wanted,
		      struct nats_stream_found *ret, char *problem, size_t size)
{
	jsStreamInfo *info = NULL;
	jsErrCode code = 0;
	jsOptions options;
	natsStatus s;
	int r = 0;

	(void)jsOptions_Init(&options);
	options.Wait = WAIT_MS;
	*ret = (struct nats_stream_found){0};
	s = js_GetStreamInfo(&info, js, wanted->name, &options, &code);
	if (s == NATS_NOT_FOUND) {
		ret->made = true;
		r = add_stream(js, wanted, &info, problem, size);
	} else if (s) {
		r = refuse(problem, size, -EAGAIN, "stream %s: %s", wanted->name,
			   code == 10039 || s == NATS_NO_RESPONDERS
				   ? "JetStream is not enabled there, or has no leader yet"
				   : natsStatus_GetText(s));
	}
	if (!r)
		r = check_stream(info, ret, problem, size);
	jsStreamInfo_Destroy(info);
	return r;
}
