/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses, and which Host headers are meant for them. */
#include "consumer/serve/listen.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "proto/base/util.h"
#include "tests/lib/test.h"

static void a_request_to_the_loopback_calls_it_by_its_name(void **state)
{
	static const char *const ours[] = {
		"localhost",           "localhost:9464", "LocalHost:80",       "localhost:",
		"127.0.0.1",           "127.0.0.1:9464", "127.3.2.1:1",        "[::1]",
		"[::1]:9464",          "[0:0::1]:9464",  "[::ffff:127.0.0.1]", "proxy.internal",
		"PROXY.internal:9464",
	};
	static const char *const others[] = {
		"",
		":9464",
		"evil.example",
		"evil.example:9464",
		"localhost.evil.example",
		"localhost.",
		"127.0.0.1.evil.example",
		"0.0.0.0:9464",
		"0",
		"2130706433",
		"0x7f.1",
		"10.0.0.1",
		"::1",
		"[::1",
		"[]",
		"[::2]",
		"[127.0.0.1]",
		"[localhost]",
		"[::1]x",
		"localhost:80:80",
		"localhost:80@evil.example",
		"localhost :80",
		"evil.example, localhost",
		"internal",
	};
	const struct listen_socket loopback = {.loopback = true, .host = "proxy.internal"};
	const struct listen_socket unnamed = {.loopback = true}, elsewhere = {.host = "0.0.0.0"};

	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		assert_true(listen_is_meant(&loopback, ours[i]));
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		if (listen_is_meant(&loopback, others[i]))
			fail_msg("%s is taken", others[i]);
		assert_true(listen_is_meant(&elsewhere, others[i]));
	}
	assert_false(listen_is_meant(&unnamed, "proxy.internal"));
	assert_false(listen_is_meant(&unnamed, ""));
	assert_true(listen_is_meant(&unnamed, NULL));
}

/* Of a connection that is accepted there. */
static void assert_gone_peers_are_found(int fd, unsigned port)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	_cleanup_close_ int peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	_cleanup_close_ int ours = -1;
	unsigned timeout = 0;
	socklen_t size = sizeof(timeout);

	assert_ok(connect(peer, (const void *)&address, sizeof(address)));
	ours = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	assert_ok(getsockopt(ours, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, &size));
	assert_int_equal(timeout, 30000);
}

static void what_is_of_the_loopback_is_known_by_its_address(void **state)
{
	struct listen_socket socket;

	for (unsigned port = 20000; port < 60000; port += 997) {
		char address[32];

		(void)snprintf(address, sizeof(address), "%u", port);
		if (listen_on(address, &socket))
			continue;
		assert_true(socket.loopback);
		assert_string_equal(socket.host, "");
		assert_true(listen_is_meant(&socket, "localhost"));
		assert_gone_peers_are_found(socket.fd, port);
		assert_false(listen_is_meant(&socket, "other.example"));
		assert_null(socket.path);
		(void)close(socket.fd);
		(void)snprintf(address, sizeof(address), "0.0.0.0:%u", port);
		assert_ok(listen_on(address, &socket));
		assert_false(socket.loopback);
		assert_string_equal(socket.host, "0.0.0.0");
		assert_true(listen_is_meant(&socket, "other.example"));
		(void)close(socket.fd);
		return;
	}
	fail_msg("no port is free");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_to_the_loopback_calls_it_by_its_name),
		cmocka_unit_test(what_is_of_the_loopback_is_known_by_its_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
