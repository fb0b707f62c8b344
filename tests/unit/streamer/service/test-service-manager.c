/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/service/service-manager.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/util.h"
#include "tests/lib/test.h"

#define SAID 128

/* The manager's end, and what $NOTIFY_SOCKET calls it. */
struct manager {
	int fd;
	char folder[32], name[sizeof(((struct sockaddr_un *)0)->sun_path)];
	struct service_manager ours;
	char error[256];
};

static void listen_as(struct manager *m, const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const size_t size = strlen(name);

	memcpy(address.sun_path, name, size);
	if (*name == '@')
		address.sun_path[0] = '\0';
	m->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(m->fd >= 0);
	assert_ok(bind(m->fd, (const struct sockaddr *)&address,
		       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size)));
	assert_ok(setenv("NOTIFY_SOCKET", name, 1));
}

static int set_up(void **state)
{
	struct manager *m = calloc(1, sizeof(*m));

	m->fd = -1;
	m->ours = (struct service_manager)SERVICE_MANAGER_NULL;
	(void)snprintf(m->folder, sizeof(m->folder), "/tmp/service-XXXXXX");
	assert_non_null(mkdtemp(m->folder));
	(void)snprintf(m->name, sizeof(m->name), "%s/notify", m->folder);
	(void)unsetenv("WATCHDOG_USEC");
	(void)unsetenv("WATCHDOG_PID");
	(void)unsetenv("NOTIFY_SOCKET");
	*state = m;
	return 0;
}

static int tear_down(void **state)
{
	struct manager *m = *state;

	service_manager_done(&m->ours);
	service_manager_done(&m->ours);
	if (m->fd >= 0)
		(void)close(m->fd);
	(void)unlink(m->name);
	(void)rmdir(m->folder);
	free(m);
	return 0;
}

static int find(struct manager *m)
{
	return service_manager_find(&m->ours, m->error, sizeof(m->error));
}

static void assert_hears(const struct manager *m, const char *text)
{
	char said[SAID];
	ssize_t n = recv(m->fd, said, sizeof(said) - 1, MSG_DONTWAIT);

	assert_true(n >= 0);
	said[n] = '\0';
	assert_string_equal(said, text);
}

static void assert_hears_nothing(const struct manager *m)
{
	char said[SAID];

	assert_true(recv(m->fd, said, sizeof(said), MSG_DONTWAIT) < 0 && errno == EAGAIN);
}

static void a_manager_hears_what_is_said(void **state)
{
	struct manager *m = *state;

	listen_as(m, m->name);
	assert_ok(find(m));
	service_manager_say(&m->ours, "READY=1\nSTATUS=here");
	assert_hears(m, "READY=1\nSTATUS=here");
	/* children do not speak for us */
	assert_null(getenv("NOTIFY_SOCKET"));
}

static void an_abstract_name_is_one(void **state)
{
	struct manager *m = *state;
	char name[64];

	(void)snprintf(name, sizeof(name), "@ringside-test-%d", getpid());
	listen_as(m, name);
	assert_ok(find(m));
	service_manager_say(&m->ours, "READY=1");
	assert_hears(m, "READY=1");
}

static void without_a_manager_nothing_is_said(void **state)
{
	struct manager *m = *state;

	assert_ok(find(m));
	assert_int_equal(m->ours.fd, -1);
	service_manager_say(&m->ours, "READY=1");
	service_manager_alive(&m->ours);
	assert_int_equal(service_manager_timeout(&m->ours), -1);
}

static void one_that_is_not_there_is_told(void **state)
{
	static const char *const names[] = {"relative", "", "@", "/nowhere/at/all"};
	struct manager *m = *state;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_ok(setenv("NOTIFY_SOCKET", names[i], 1));
		assert_true(find(m) < 0);
		assert_non_null(strstr(m->error, "NOTIFY_SOCKET="));
		assert_non_null(strstr(m->error, names[i]));
	}
}

static void it_hears_twice_in_its_patience_that_we_live(void **state)
{
	struct manager *m = *state;
	int timeout;

	listen_as(m, m->name);
	assert_ok(setenv("WATCHDOG_USEC", "120000000", 1));
	assert_ok(find(m));
	assert_null(getenv("WATCHDOG_USEC"));
	assert_int_equal(service_manager_timeout(&m->ours), 0);
	service_manager_alive(&m->ours);
	assert_hears(m, "WATCHDOG=1");
	timeout = service_manager_timeout(&m->ours);
	assert_true(timeout > 30000 && timeout <= 60001);
	service_manager_alive(&m->ours);
	assert_hears_nothing(m);
	m->ours.alive_nano -= UINT64_C(60000000000);
	assert_int_equal(service_manager_timeout(&m->ours), 0);
	service_manager_alive(&m->ours);
	assert_hears(m, "WATCHDOG=1");
}

static void anothers_watchdog_is_not_ours(void **state)
{
	struct manager *m = *state;
	char pid[16];

	listen_as(m, m->name);
	assert_ok(setenv("WATCHDOG_USEC", "1000", 1));
	assert_ok(setenv("WATCHDOG_PID", "1", 1));
	assert_ok(find(m));
	assert_int_equal(service_manager_timeout(&m->ours), -1);
	service_manager_done(&m->ours);

	assert_ok(setenv("NOTIFY_SOCKET", m->name, 1));
	assert_ok(setenv("WATCHDOG_USEC", "1000", 1));
	(void)snprintf(pid, sizeof(pid), "%d", getpid());
	assert_ok(setenv("WATCHDOG_PID", pid, 1));
	assert_ok(find(m));
	assert_int_equal(service_manager_timeout(&m->ours), 0);
}

static void what_it_is_to_keep_has_a_name(void **state)
{
	struct manager *m = *state;
	char said[SAID], control[CMSG_SPACE(sizeof(int))];
	struct iovec part = {.iov_base = said, .iov_len = sizeof(said) - 1};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	const int ours = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct stat a, b;
	ssize_t n;
	int fd;

	listen_as(m, m->name);
	assert_ok(setenv("FDSTORE", "17", 1));
	assert_ok(find(m));
	assert_null(getenv("FDSTORE"));
	assert_int_equal(m->ours.stores, 17);
	assert_ok(service_manager_store(&m->ours, "map-x", ours));
	n = recvmsg(m->fd, &message, MSG_DONTWAIT);
	assert_true(n > 0);
	said[n] = '\0';
	assert_string_equal(said, "FDSTORE=1\nFDPOLL=0\nFDNAME=map-x");
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	assert_ok(fstat(fd, &a));
	assert_ok(fstat(ours, &b));
	assert_int_equal(a.st_rdev, b.st_rdev);
	service_manager_forget(&m->ours, "map-x");
	assert_hears(m, "FDSTOREREMOVE=1\nFDNAME=map-x");
	(void)close(fd);
	(void)close(ours);
}

static void one_that_keeps_nothing_says_so(void **state)
{
	static const char *const rooms[] = {"", "x", "-1", "17x", NULL};
	struct manager *m = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rooms); i++) {
		if (m->fd >= 0)
			(void)close(m->fd);
		(void)unlink(m->name);
		listen_as(m, m->name);
		assert_ok(rooms[i] ? setenv("FDSTORE", rooms[i], 1) : unsetenv("FDSTORE"));
		assert_ok(find(m));
		assert_int_equal(m->ours.stores, 0);
		service_manager_done(&m->ours);
	}
}

/* The loop would not drain the rings meanwhile. */
static void one_that_does_not_read_holds_up_nothing(void **state)
{
	struct manager *m = *state;

	listen_as(m, m->name);
	assert_ok(find(m));
	m->ours.every_nano = 1;
	for (int i = 0; i < 10000; i++)
		service_manager_alive(&m->ours);
	assert_hears(m, "WATCHDOG=1");
}

/* Else a service would be taken for one that never started. */
static void that_it_is_ready_waits_for_one_that_is_busy(void **state)
{
	struct manager *m = *state;
	char said[SAID] = "";
	int status;
	pid_t pid;

	listen_as(m, m->name);
	assert_ok(find(m));
	m->ours.every_nano = 1;
	for (int i = 0; i < 10000; i++)
		service_manager_alive(&m->ours);
	pid = fork();
	if (!pid) {
		(void)usleep(200000);
		while (strcmp(said, "READY=1") != 0) {
			ssize_t n = recv(m->fd, said, sizeof(said) - 1, 0);

			said[n > 0 ? n : 0] = '\0';
		}
		_exit(0);
	}
	service_manager_say(&m->ours, "READY=1");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_manager_hears_what_is_said, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_abstract_name_is_one, set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_a_manager_nothing_is_said, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(one_that_is_not_there_is_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(it_hears_twice_in_its_patience_that_we_live, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(anothers_watchdog_is_not_ours, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_it_is_to_keep_has_a_name, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_that_keeps_nothing_says_so, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_that_does_not_read_holds_up_nothing, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(that_it_is_ready_waits_for_one_that_is_busy, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
