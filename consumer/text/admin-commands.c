/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/text/admin-commands.h"

#include <string.h>

#include "consumer/base/shell-word.h"
#include "consumer/text/phrases.h"

#define WORD_MAX 4096

/* systemd gives machines such names only: with an "@" it would be a user's. */
static bool is_machine(const char *name)
{
	return *name != '-' && *name != '.' && strlen(name) <= 64 &&
	       !name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				  "-._")];
}

/* As systemd makes them: nothing in it is a pattern of systemctl's. */
static bool is_unit(const char *name)
{
	return !name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				  ":-_.\\@")];
}

/* A unit of the container's own systemd, and of no other that is in there. */
static bool is_direct(const Ringside__V1__Container *c, const char *name)
{
	return !text_has(c->nested) || text_equal(c->nested, name);
}

/* Its manager can be reached from the machine's: it is below no other unit, whose owner could have
 * called it after another container. */
static bool is_machines_own(const Ringside__V1__Container *c)
{
	return !text_has(c->systemd_unit) || text_equal(c->runtime, "nspawn");
}

/* What reaches a systemd in a container. */
static bool put_entry(struct line *line, const Ringside__V1__Container *c)
{
	if (!text_has(c->runtime) || !is_machines_own(c))
		return false;
	if (!strcmp(c->runtime, "nspawn") && is_machine(c->id)) {
		line_text(line, "systemctl --machine=");
		shell_word(line, c->id);
		return true;
	}
	if ((!strcmp(c->runtime, "docker") || !strcmp(c->runtime, "podman")) &&
	    text_is_hex_id(c->id)) {
		line_text(line, c->runtime);
		line_text(line, " exec ");
		text_short_id(line, c->id);
		line_text(line, " systemctl");
		return true;
	}
	/* LXD and Incus keep theirs where lxc-attach doesn't look */
	if (!strcmp(c->runtime, "lxc") && is_machine(c->id) && text_has(c->cgroup_path) &&
	    strncmp(c->cgroup_path, "/lxc/", 5) == 0) {
		line_text(line, "lxc-attach -n ");
		shell_word(line, c->id);
		line_text(line, " -- systemctl");
		return true;
	}
	return false;
}

/* systemctl reads "-.slice" as options. */
static void put_unit(struct line *line, const char *verb, const char *name, const char *more)
{
	line_text(line, verb);
	line_text(line, *name == '-' ? " -- " : " ");
	shell_word(line, name);
	line_text(line, more);
}

void text_as_user(struct line *line, uint32_t uid)
{
	line_text(line, "sudo -H -u '#");
	line_uint(line, uid);
	line_text(line, "' XDG_RUNTIME_DIR=/run/user/");
	line_uint(line, uid);
	line_put(line, " ", 1);
}

/* `systemctl edit` works on this machine's files only ("Cannot edit units remotely"), so it has to
 * be the user who runs it; a user's manager has no other way in with a plain command. */
static void put_user(struct line *line, const Ringside__V1__Container *c, bool edits)
{
	if (edits) {
		text_as_user(line, c->systemd_user_uid);
		line_text(line, "systemctl --user");
	} else {
		line_text(line, "systemctl --user --machine=");
		line_uint(line, c->systemd_user_uid);
		line_text(line, "@");
	}
}

bool text_systemctl(struct line *line, const Ringside__V1__Container *c, const char *name,
		    const char *verb, const char *more)
{
	bool edits = strcmp(verb, "edit") == 0, users, nested;

	if (!is_unit(name))
		return false;
	users = text_equal(name, c->systemd_user_unit) || text_equal(name, c->systemd_user_slice);
	nested = text_equal(name, c->nested_unit) || text_equal(name, c->nested_slice);
	if (nested && text_has(c->id)) {
		if (edits || !is_direct(c, name) || c->has_systemd_user_uid || !put_entry(line, c))
			return false;
	} else if (text_has(c->nested) || text_has(c->nested_slice)) {
		return false;
	} else if (users) {
		if (!c->has_systemd_user_uid)
			return false;
		put_user(line, c, edits);
	} else {
		line_text(line, "systemctl");
	}
	line_put(line, " ", 1);
	put_unit(line, verb, name, more);
	return true;
}

void text_cgroup_file(struct line *line, const Ringside__V1__Container *c, const char *v2,
		      const char *v1)
{
	bool legacy = c->hierarchy_id != 0; /* cgroup v2 is hierarchy 0 */
	const char *file = legacy ? v1 : v2,
		   *root = legacy ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup";
	char path[WORD_MAX + 64], text[WORD_MAX / 2];
	struct line whole = line_make(path, sizeof(path)), word = line_make(text, sizeof(text));

	if (!text_has(c->cgroup_path) || c->path_truncated || strlen(c->cgroup_path) > WORD_MAX) {
		line_text(line, file);
		return;
	}
	line_text(&whole, root);
	line_text(&whole, c->cgroup_path);
	line_put(&whole, "/", 1);
	line_text(&whole, file);
	(void)line_end(&whole);
	shell_word(&word, path);
	/* half a word is none, and the line has other things to say */
	if (word.cut) {
		line_text(line, file);
		return;
	}
	(void)line_end(&word);
	line_text(line, text);
}
