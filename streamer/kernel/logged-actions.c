/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/kernel/logged-actions.h"

#include <fcntl.h>
#include <string.h>

#include "bpf/wire/wire.h"
#include "proto/base/util.h"

#define SYSCTL "/proc/sys/kernel/seccomp/actions_logged"

/* WIRE_LOGS_* of names with blanks between. */
static uint32_t parse_names(const char *text)
{
	static const struct {
		const char *name;
		uint32_t bit;
	} actions[] = {
		{"kill_process", WIRE_LOGS_KILL_PROCESS},
		{"kill_thread", WIRE_LOGS_KILL_THREAD},
		{"trap", WIRE_LOGS_TRAP},
		{"errno", WIRE_LOGS_ERRNO},
		{"user_notif", WIRE_LOGS_USER_NOTIF},
		{"trace", WIRE_LOGS_TRACE},
		{"log", WIRE_LOGS_LOG},
	};
	uint32_t bits = 0;

	while (*text) {
		size_t length = strcspn(text, " \n");

		for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
			if (strlen(actions[i].name) == length &&
			    !memcmp(actions[i].name, text, length))
				bits |= actions[i].bit;
		text += length;
		text += strspn(text, " \n");
	}
	return bits;
}

int logged_actions_open(void)
{
	int fd = open(SYSCTL, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* The kernel hands it out at once (kernel/sysctl.c), and again from the start. */
uint32_t logged_actions_read(int fd)
{
	char text[256];
	ssize_t n = fd < 0 ? -1 : pread(fd, text, sizeof(text) - 1, 0);

	if (n < 0)
		return UINT32_MAX & ~WIRE_LOGS_ALLOW;
	text[n] = '\0';
	return parse_names(text);
}
