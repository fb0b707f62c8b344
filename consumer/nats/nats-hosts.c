/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/nats/nats-hosts.h"

#include <errno.h>
#include <string.h>

#include "consumer/nats/nats-subject.h"
#include "proto/base/util.h"

#define WAIT_MS 10000

void nats_hosts_done(struct nats_hosts *hosts)
{
	for (size_t i = 0; i < hosts->n; i++)
		free(hosts->tokens[i]);
	free(hosts->tokens);
	*hosts = (struct nats_hosts){0};
}

static int add_token(struct nats_hosts *hosts, const char *token, size_t size)
{
	if (GROW(hosts->tokens, hosts->n, &hosts->room))
		return -ENOMEM;
	hosts->tokens[hosts->n] = strndup(token, size);
	return hosts->tokens[hosts->n++] ? 0 : -ENOMEM;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "ringside.v1.TOKEN.KIND", of each kind. */
static int add_subjects(struct nats_hosts *hosts, const jsStreamStateSubjects *subjects)
{
	size_t kept = 0;
	int r = 0;

	for (int i = 0; subjects && !r && i < subjects->Count; i++) {
		const char *token = subjects->List[i].Subject + strlen(NATS_PREFIX);

		r = add_token(hosts, token, strcspn(token, "."));
	}
	if (r || !hosts->n)
		return r;
	qsort(hosts->tokens, hosts->n, sizeof(*hosts->tokens), compare);
	for (size_t i = 1; i < hosts->n; i++) {
		if (strcmp(hosts->tokens[kept], hosts->tokens[i]) != 0)
			hosts->tokens[++kept] = hosts->tokens[i];
		else
			free(hosts->tokens[i]);
	}
	hosts->n = kept + 1;
	return 0;
}

static int find_all(struct nats_hosts *hosts, jsCtx *js, const char *stream, char *problem,
		    size_t size)
{
	jsStreamInfo *info = NULL;
	jsOptions options;
	natsStatus s;
	int r;

	(void)jsOptions_Init(&options);
	options.Wait = WAIT_MS;
	options.Stream.Info.SubjectsFilter = NATS_PREFIX ">";
	s = js_GetStreamInfo(&info, js, stream, &options, NULL);
	if (s == NATS_NOT_FOUND)
		return refuse(problem, size, -ENOENT, "there is no stream %s", stream);
	if (s)
		return refuse(problem, size, -EIO, "stream %s: %s", stream,
			      nats_GetLastError(NULL) ?: natsStatus_GetText(s));
	r = add_subjects(hosts, info->State.Subjects);
	jsStreamInfo_Destroy(info);
	return r;
}

int nats_hosts_find(struct nats_hosts *ret, jsCtx *js, const char *stream, const char *const *names,
		    size_t n, char *problem, size_t size)
{
	char token[NATS_TOKEN_MAX];
	int r = n ? 0 : find_all(ret, js, stream, problem, size);

	for (size_t i = 0; !r && i < n; i++)
		r = add_token(ret, nats_token(names[i], token), sizeof(token));
	return r;
}
