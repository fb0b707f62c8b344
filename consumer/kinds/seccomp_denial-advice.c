/* SPDX-License-Identifier: Apache-2.0 */
/* Which filter to change, with the very file, unit or command. Advice is given only where the
 * record says enough to be sure that it is the right place. */
#include <string.h>

#include "consumer/kinds/seccomp_denial-internal.h"
#include "consumer/text/admin-commands.h"
#include "consumer/text/phrases.h"

static void allow_in_profile(struct line *line, const char *name)
{
	line_text(line, "allow it with {\"names\": [\"");
	line_safe(line, name, TEXT_NAME_MAX);
	line_text(line, "\"], \"action\": \"SCMP_ACT_ALLOW\"} in the container's seccomp profile");
}

static void put_filter(struct line *line, const struct denial *denial)
{
	line_text(line, "SystemCallFilter=");
	line_safe(line, denial->syscall_name, TEXT_NAME_MAX);
}

static bool is_service(const char *unit)
{
	size_t size = unit ? strlen(unit) : 0;

	return size > 8 && !strcmp(unit + size - 8, ".service");
}

static void allow_in_container(struct line *line, const struct denial *denial)
{
	const Ringside__V1__Container *c = denial->container;

	if (text_equal(c->runtime, "nspawn")) {
		line_text(line, "allow it with ");
		put_filter(line, denial);
		line_text(line, " in the machine's .nspawn file");
	} else if (text_equal(c->runtime, "lxc")) {
		line_text(line, "allow it in the file that the container's lxc.seccomp.profile "
				"names");
	} else {
		allow_in_profile(line, denial->syscall_name);
	}
	/* it may be the filter of a unit in there */
	if (is_service(c->nested_unit) && text_equal(c->nested, c->nested_unit)) {
		line_text(line, ", or inside it with ");
		put_filter(line, denial);
		line_text(line, " for its ");
		line_safe(line, c->nested_unit, TEXT_NAME_MAX * 2);
	} else if (text_has(c->nested)) {
		line_text(line, ", or in that of what runs inside it");
	}
}

/* The service whose filter it may be: the user's, or the system's. */
static const char *service_of(const Ringside__V1__Container *c)
{
	const char *unit = text_has(c->systemd_user_unit) ? c->systemd_user_unit : c->systemd_unit;

	return is_service(unit) ? unit : NULL;
}

static void allow_in_unit(struct line *line, const struct denial *denial, const char *unit)
{
	char buf[TEXT_COMMAND_MAX];
	struct line command = line_make(buf, sizeof(buf));

	line_text(line, "allow it with ");
	put_filter(line, denial);
	line_text(line, " in ");
	if (text_systemctl(&command, denial->container, unit, "edit", "")) {
		(void)line_end(&command);
		line_text(line, "`");
		line_text(line, buf);
		line_text(line, "`");
	} else {
		line_safe(line, unit, TEXT_NAME_MAX * 2);
	}
	line_text(line, ", unless the filter is the program's own");
}

static void advise_allow(struct line *line, const struct denial *denial)
{
	const Ringside__V1__Container *c = denial->container;

	if (!text_has(denial->syscall_name))
		return;
	if (text_in_container(c))
		allow_in_container(line, denial);
	else if (c && !text_has(c->id) && service_of(c))
		allow_in_unit(line, denial, service_of(c));
	else
		line_text(line, "the filter is the program's own or its starter's: look into its "
				"sandbox settings");
}

void denial_advice(struct line *line, const Ringside__V1__Record *record)
{
	const struct denial read = denial_read(record), *denial = &read;

	switch (denial->strict ? -1 : (int)denial->action) {
	case -1:
		line_text(line,
			  "the program asked for strict mode itself: it must do without this call");
		break;
	case RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_LOG:
		line_text(line, "nothing was denied: to stop the logging, ");
		advise_allow(line, denial);
		break;
	case RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_TRACE:
		line_text(line,
			  "the filter leaves this call to a tracer: run the program under the one "
			  "it is meant for");
		break;
	case RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_USER_NOTIF:
		line_text(line,
			  "the filter leaves this call to a supervisor, usually the container "
			  "manager: its settings decide");
		break;
	case RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_ERRNO:
		if (denial_is_harmless(denial)) {
			line_text(line, "nothing to change, unless the program fails");
			break;
		}
		/* fallthrough */
	default:
		advise_allow(line, denial);
		break;
	}
}
