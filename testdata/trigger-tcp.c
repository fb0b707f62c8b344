/* SPDX-License-Identifier: Apache-2.0 */
/* TCP connections over the loopback whose queues are in a known state, and what the kernel itself
 * says of it. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/util.h"
#include "testdata/json.h"
#include "testdata/memcg.h"

#define CHUNK 4096u
#define TURN 1000u /* bytes that a reader who keeps up gets at once */
#define SETTLED_MS 1000
#define SMALL_BUFFER 2 /* as small as the kernel lets it be */
#define LARGE_BUFFER (48 << 20)

static const char usage[] =
	"usage: trigger-tcp [--hold SECONDS] --cgroup NAME SCENE\n"
	"\n"
	"Makes a connection in a cgroup of its own, says what its queues hold, keeps it for\n"
	"SECONDS (5), and says it again. SCENE:\n"
	"  stopped   a reader that has read a little, and stopped\n"
	"  stopped6  the same with IPv6\n"
	"  never     one that has never read, in a network namespace of its own\n"
	"  keeps-up  one that reads all there is\n"
	"  large     one that has stopped, with a buffer of more than 8 MB\n";

struct scene {
	const char *name;
	int family;
	int large; /* SO_RCVBUFFORCE of the listener, whose connections get it from the start */
	int small; /* SO_RCVBUF of the reader: the window has been told already, and is larger */
	bool reads_first, keeps_up, own_network;
};

static const struct scene scenes[] = {
	{.name = "stopped", .family = AF_INET, .small = SMALL_BUFFER, .reads_first = true},
	{.name = "stopped6", .family = AF_INET6, .small = SMALL_BUFFER, .reads_first = true},
	{.name = "never", .family = AF_INET, .small = SMALL_BUFFER, .own_network = true},
	{.name = "keeps-up", .family = AF_INET, .keeps_up = true},
	{.name = "large", .family = AF_INET, .large = LARGE_BUFFER, .reads_first = true},
};

struct pair {
	int writer;
	int reader;
	in_port_t port; /* the reader's */
};

static uint64_t now(clockid_t clock)
{
	struct timespec ts;

	(void)clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static int bring_loopback_up(void)
{
	struct ifreq request = {.ifr_name = "lo"};
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request))
		return -errno;
	request.ifr_flags |= IFF_UP;
	return ioctl(fd, SIOCSIFFLAGS, &request) ? -errno : 0;
}

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static int make_pair(const struct scene *scene, struct pair *ret)
{
	union address address = {.any.sa_family = (sa_family_t)scene->family};
	socklen_t size = scene->family == AF_INET ? sizeof(address.in) : sizeof(address.in6);
	_cleanup_close_ int listener = socket(scene->family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (scene->family == AF_INET)
		address.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		address.in6.sin6_addr = in6addr_loopback;
	if (listener < 0 ||
	    (scene->large && setsockopt(listener, SOL_SOCKET, SO_RCVBUFFORCE, &scene->large,
					sizeof(scene->large))) ||
	    bind(listener, &address.any, size) || listen(listener, 1) ||
	    getsockname(listener, &address.any, &size))
		return -errno;
	ret->port = ntohs(scene->family == AF_INET ? address.in.sin_port : address.in6.sin6_port);
	ret->writer = socket(scene->family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (ret->writer < 0 || connect(ret->writer, &address.any, size))
		return -errno;
	ret->reader = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (ret->reader < 0 || (scene->small && setsockopt(ret->reader, SOL_SOCKET, SO_RCVBUF,
							   &scene->small, sizeof(scene->small))))
		return -errno;
	return 0;
}

static int queue_of(int fd, unsigned long request)
{
	int bytes = 0;

	return ioctl(fd, request, &bytes) ? -1 : bytes;
}

/* Until nothing moves any more: a window that opens may take a moment. */
static int fill(const struct pair *pair)
{
	static const char chunk[CHUNK];
	const struct timespec ms = {.tv_nsec = 1000000};
	int was = -1, idle = 0;

	if (fcntl(pair->writer, F_SETFL, O_NONBLOCK))
		return -errno;
	while (idle < SETTLED_MS) {
		ssize_t n;
		int is;

		do
			n = send(pair->writer, chunk, sizeof(chunk), MSG_NOSIGNAL);
		while (n > 0);
		if (n < 0 && errno != EAGAIN)
			return -errno;
		is = queue_of(pair->reader, SIOCINQ);
		idle = is == was ? idle + 1 : 0;
		was = is;
		(void)nanosleep(&ms, NULL);
	}
	return 0;
}

static int take_turn(const struct pair *pair)
{
	char bytes[TURN] = {0};

	if (send(pair->writer, bytes, sizeof(bytes), MSG_NOSIGNAL) != sizeof(bytes) ||
	    recv(pair->reader, bytes, sizeof(bytes), MSG_WAITALL) != sizeof(bytes))
		return -EPIPE;
	return 0;
}

static int option_of(int fd, int name)
{
	int value = 0;
	socklen_t size = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, name, &value, &size) ? -1 : value;
}

static void say(const struct scene *scene, const char *cgroup, const struct pair *pair)
{
	(void)fputs("{\"scene\":", stdout);
	json_string(stdout, scene->name);
	(void)fputs(",\"cgroup\":", stdout);
	json_string(stdout, cgroup);
	(void)printf(",\"port\":%u,\"boottime_nano\":%llu,\"receive_bytes\":%d,"
		     "\"receive_buffer\":%d,\"send_bytes\":%d,\"send_buffer\":%d}\n",
		     pair->port, (unsigned long long)now(CLOCK_BOOTTIME),
		     queue_of(pair->reader, SIOCINQ), option_of(pair->reader, SO_RCVBUF),
		     queue_of(pair->writer, SIOCOUTQ), option_of(pair->writer, SO_SNDBUF));
	(void)fflush(stdout);
}

static int keep(const struct scene *scene, const struct pair *pair, unsigned seconds)
{
	const uint64_t end = now(CLOCK_MONOTONIC) + seconds * 1000000000ull;
	const struct timespec ms = {.tv_nsec = 1000000};
	int r = 0;

	while (!r && now(CLOCK_MONOTONIC) < end) {
		if (scene->keeps_up)
			r = take_turn(pair);
		(void)nanosleep(&ms, NULL);
	}
	return r;
}

static int play(const struct scene *scene, const struct memcg *memcg, unsigned seconds)
{
	struct pair pair = {-1, -1, 0};
	int r = memcg_enter(memcg);

	if (!r && scene->own_network && unshare(CLONE_NEWNET))
		r = -errno;
	if (!r && scene->own_network)
		r = bring_loopback_up();
	if (!r)
		r = make_pair(scene, &pair);
	if (!r && (scene->reads_first || scene->keeps_up))
		r = take_turn(&pair);
	if (!r && !scene->keeps_up)
		r = fill(&pair);
	if (r)
		return r;
	say(scene, memcg->path, &pair);
	r = keep(scene, &pair, seconds);
	if (!r)
		say(scene, memcg->path, &pair); /* a probe of the window may have added a little */
	return r;
}

static int run(const struct scene *scene, const char *cgroup, unsigned seconds)
{
	struct memcg memcg;
	int r = memcg_make(&memcg, cgroup), status = 0;
	pid_t pid;

	if (r) {
		(void)fprintf(stderr, "trigger-tcp: cgroup %s: %s\n", cgroup, strerror(-r));
		return 1;
	}
	pid = fork();
	if (!pid) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		r = play(scene, &memcg, seconds);
		if (r)
			(void)fprintf(stderr, "trigger-tcp: %s: %s\n", scene->name, strerror(-r));
		_exit(r != 0);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	r = memcg_remove(&memcg);
	if (r)
		(void)fprintf(stderr, "trigger-tcp: removing the cgroup: %s\n", strerror(-r));
	return pid < 0 || status || r;
}

static const struct scene *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(scenes); i++)
		if (!strcmp(scenes[i].name, name))
			return &scenes[i];
	return NULL;
}

int main(int argc, char **argv)
{
	static const struct option long_options[] = {
		{"cgroup", required_argument, NULL, 'c'},
		{"hold", required_argument, NULL, 's'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	const char *cgroup = NULL;
	const struct scene *scene;
	unsigned seconds = 5;
	int option;

	while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		if (option == 'h')
			return fputs(usage, stdout) < 0;
		if (option == 'c')
			cgroup = optarg;
		else if (option != 's' || sscanf(optarg, "%u", &seconds) != 1)
			return 2;
	}
	scene = optind + 1 == argc ? find(argv[optind]) : NULL;
	if (!scene || !cgroup) {
		(void)fputs(usage, stderr);
		return 2;
	}
	return run(scene, cgroup, seconds);
}
