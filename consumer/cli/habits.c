/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/cli/habits.h"

#include <stddef.h>
#include <string.h>

#include "proto/base/util.h"

static const struct habit {
	const char *words; /* with a blank before and behind each */
	const char *command;
} habits[] = {
	{" version -v ", "ringside --version"},
	{" logs log journal dump less more -u -n -k --since --kind ", "ringside cat"},
	{" grep search find filter -g --grep ", "ringside cat -g PATTERN"},
	{" head ", "ringside cat -n 10"},
	{" show print read list get -r -o --json ", "ringside cat"},
	{" follow -f --follow events ", "ringside tail -f"},
	{" watch monitor trace run start -i ", "sudo ringside live"},
	{" record capture write -w ", "sudo ringside-streamer -w FILE"},
	{" report top summary count describe info ", "ringside stats"},
	{" check validate test fsck ", "ringside verify"},
	{" server metrics listen export -l --listen ", "ringside serve"},
	{" health alive ", "ringside status"},
	{" probe probes diagnose ", "sudo ringside doctor"},
};

const char *habit_command(const char *word)
{
	size_t size = strlen(word);

	for (size_t i = 0; i < ARRAY_SIZE(habits); i++) {
		const char *at = habits[i].words;

		while ((at = strstr(at, word))) {
			if (at > habits[i].words && at[-1] == ' ' && at[size] == ' ')
				return habits[i].command;
			at++;
		}
	}
	return NULL;
}

struct pair {
	const char *theirs, *ours;
};

static const char *find_pair(const struct pair *pairs, size_t n, const char *word, size_t size)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(pairs[i].theirs) == size && !strncmp(pairs[i].theirs, word, size))
			return pairs[i].ours;
	return NULL;
}

#define POD_LABELS "a pod's labels are not recorded: say --pod 'web-*' (--label is of streams)"

#define FILTERS "filters are words: "
#define NO_PORTS FILTERS "a port is in no event; --pid, --comm, --unit and --container are"

const char *habit_option(const char *word, const char *next)
{
	static const struct pair options[] = {
		{"-S", "did you mean --since?"},
		{"-U", "did you mean --until?"},
		{"-p", "did you mean --severity?"},
		{"--port", NO_PORTS},
		{"-i", "there are no interfaces: all of the machine is watched, leave it out"},
		{"--interface",
		 "there are no interfaces: all of the machine is watched, leave it out"},
		{"-s", "records are whole: leave it out"},
		{"-X", "did you mean -o json, which has all of an event?"},
		{"--process", FILTERS "did you mean --comm, or --pid?"},
		{"--program", FILTERS "did you mean --comm?"},
		{"--user", FILTERS "did you mean --uid, or --user-unit?"},
		{"--level", "did you mean --severity?"},
		{"--type", "did you mean --kind?"},
		{"--node", "did you mean --host?"},
		{"--service", "did you mean --unit?"},
		{"--priority", "did you mean --severity?"},
		{"-k", "all events are the kernel's: did you mean --kind?"},
		{"--dmesg", "all events are the kernel's"},
		{"-x", "did you mean -v?"},
		{"--catalog", "did you mean -v?"},
		{"-e", "did you mean `ringside tail`?"},
		{"--pager-end", "did you mean `ringside tail`?"},
		{"--no-pager", "there is no pager: leave it out"},
		{"--list-boots", "`ringside cat -b -1` prints the boot before the latest one"},
		{"--output-fields", "did you mean --fields?"},
		{"--hostname", "did you mean --host?"},
		{"-t", "did you mean --comm?"},
		{"--identifier", "did you mean --comm?"},
		{"-D", "a folder is named without an option"},
		{"--directory", "a folder is named without an option"},
		{"-m", "what is named is read together"},
		{"--merge", "what is named is read together"},
		{"-l", POD_LABELS},
		{"--selector", POD_LABELS},
		{"-A", "all namespaces are read: leave it out"},
		{"--all-namespaces", "all namespaces are read: leave it out"},
		{"--ns", "did you mean --namespace?"},
		{"--since-time", "did you mean --since?"},
		{"--timestamps", "each line has its time: leave it out"},
		{"--previous", "what has ended is read, too: leave it out"},
	};

	const size_t digits = next ? strspn(next, "0123456789") : 0;

	/* syslog's priorities are 0 to 7 */
	if (!strcmp(word, "-p") && digits > 1 && !next[digits])
		return FILTERS "did you mean --pid?";
	return find_pair(options, ARRAY_SIZE(options), word, strcspn(word, "="));
}

const char *habit_word(const char *word)
{
	static const struct pair words[] = {
		{"port", NO_PORTS},
		{"src", NO_PORTS},
		{"dst", NO_PORTS},
		{"net", NO_PORTS},
		{"udp", NO_PORTS},
		{"icmp", NO_PORTS},
		{"tcp", FILTERS "did you mean --kind tcp?"},
	};

	return find_pair(words, ARRAY_SIZE(words), word, strlen(word));
}

const char *habit_output(const char *word)
{
	static const struct pair outputs[] = {
		{"cat", "text"},
		{"json-pretty", "json, and behind it | jq ."},
		{"jsonl", "json"},
		{"ndjson", "json"},
	};

	return find_pair(outputs, ARRAY_SIZE(outputs), word, strlen(word));
}
