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
	{" logs log -u -n -k --since --kind ", "ringside cat"},
	{" show print read list get -r -o --json ", "ringside cat"},
	{" follow -f --follow events ", "ringside tail -f"},
	{" watch monitor trace run start -i ", "sudo ringside live"},
	{" record capture write -w ", "sudo ringside-streamer -w FILE"},
	{" report top summary count describe ", "ringside stats"},
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
