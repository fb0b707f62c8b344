/* SPDX-License-Identifier: Apache-2.0 */
/* A container, pod or unit as our own lines, JSON and stats have it: what is copied from there
 * finds just what it stood for, and what is in it. */
#include <stdio.h>
#include <string.h>

#include "consumer/filter/filter-internal.h"
#include "consumer/text/phrases.h"

#define ID_HASH 64 /* digits of an id that may be cut */

bool filter_starts_id(const char *id, const char *word)
{
	size_t size = strlen(word);

	return id && size >= FILTER_ID_MIN && strspn(word, "0123456789abcdef-") == size &&
	       strncmp(id, word, size) == 0;
}

bool filter_is_short_id(const char *word)
{
	size_t size = strlen(word);

	/* "db" and "cafe" are names */
	return size && size < FILTER_ID_MIN && strspn(word, "0123456789abcdef") == size &&
	       strpbrk(word, "0123456789");
}

bool filter_cuts_id(const char *id, const char *word)
{
	/* the ids of machines and jobs have no digits to leave out: 123 is not 1234 */
	return id && strlen(id) == ID_HASH && filter_starts_id(id, word);
}

/* The words, or their beginning up to a "/": what is in it. A namespace is no container. */
static bool stands_for(const char *words, const char *text, const Ringside__V1__Container *c)
{
	size_t size = strlen(words);

	if (!size || strncmp(text, words, size) != 0)
		return false;
	return !text[size] || (text[size] == '/' && (!text_has(c->pod_name) || strchr(words, '/')));
}

/* As stats has it where two rows would be the same. */
static bool stands_for_whole(const char *words, const char *text, const Ringside__V1__Container *c)
{
	char whole[TEXT_MAX + ID_HASH];
	size_t at;
	const char *rest = text_id_rest(c, text, &at);

	if (!*rest)
		return false;
	(void)snprintf(whole, sizeof(whole), "%.*s%s%s", (int)at, text, rest, text + at);
	return stands_for(words, whole, c);
}

/* "docker:0123456789ab" with more or fewer digits than that, also of a container that Kubernetes
 * has a name for. What is below a unit, or not where its runtime puts its own, has other words. */
static bool names_id(const char *words, const char *text, const Ringside__V1__Container *c)
{
	const char *runtime = text_has(c->runtime) ? c->runtime : "container";
	size_t size = strlen(runtime);

	if (!c->id || strncmp(words, runtime, size) != 0 || words[size] != ':')
		return false;
	if (strncmp(text, words, size + 1) != 0 &&
	    (!text_has(c->pod_name) || text_has(c->systemd_unit)))
		return false;
	words += size + 1;
	return filter_has_glob(words) ? filter_glob(words, c->id) : filter_cuts_id(c->id, words);
}

/* "web-7f9/app": without the namespace, which a narrow terminal has no room for, either. */
static bool is_in_pod(const char *words, const char *text, const Ringside__V1__Container *c)
{
	const char *pod =
		text_has(c->pod_name) && text_has(c->container_name) ? strchr(text, '/') : NULL;

	/* whoever has a unit may have called what is below it after any pod */
	return pod && !text_has(c->systemd_unit) && strchr(words, '/') &&
	       (stands_for(words, pod + 1, c) || filter_glob(words, pod + 1));
}

bool filter_words(const char *words, const Ringside__V1__Container *c)
{
	char text[TEXT_MAX];
	struct line line = line_make(text, sizeof(text));

	/* all words but one have such a character */
	if (!strpbrk(words, "/:.") && strcmp(words, "host") != 0)
		return false;
	text_container(&line, c);
	(void)line_end(&line);
	if (stands_for(words, text, c) || stands_for_whole(words, text, c))
		return true;
	if (!strpbrk(words, "/:"))
		return false;
	if (is_in_pod(words, text, c))
		return true;
	return filter_glob(words, text) || names_id(words, text, c);
}

/* "shop/web-7f9" */
static bool names_pod(const char *words, const Ringside__V1__Container *c)
{
	char name[2 * TEXT_NAME_MAX + 256];

	if (!text_has(c->namespace_name) || !text_has(c->pod_name))
		return false;
	(void)snprintf(name, sizeof(name), "%s/%s", c->namespace_name, c->pod_name);
	return filter_glob(words, name);
}

static const char *behind_prefix(const char *words, const char *prefix)
{
	size_t size = strlen(prefix);

	return strncmp(words, prefix, size) ? NULL : words + size;
}

bool filter_pod_words(const char *words, const Ringside__V1__Container *c)
{
	const char *id;

	if (!strpbrk(words, "/:") || (!text_has(c->pod_uid) && !text_has(c->pod_name) &&
				      !text_has(c->podman_pod_id) && !text_has(c->ecs_task_id)))
		return false;
	if (names_pod(words, c) || filter_words(words, c))
		return true;
	if (text_has(c->systemd_unit) || !text_is_home(c))
		return false;
	id = behind_prefix(words, "pod:");
	if (id)
		return text_equal(id, c->pod_uid);
	id = behind_prefix(words, "podman-pod:");
	if (id)
		return filter_starts_id(c->podman_pod_id, id);
	id = behind_prefix(words, "ecs-task:");
	return id && filter_starts_id(c->ecs_task_id, id);
}
