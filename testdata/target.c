/* SPDX-License-Identifier: Apache-2.0 */
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/util.h"

static _Noreturn void run(const struct memcg *memcg, target_fn fn, const void *data, int ready)
{
	int r = memcg_enter(memcg);

	(void)prctl(PR_SET_NAME, TARGET_COMM);
	if (write(ready, &r, sizeof(r)) != sizeof(r) || r)
		_exit(1);
	(void)close(ready);
	fn(data);
	_exit(0);
}

pid_t target_start(const struct memcg *memcg, target_fn fn, const void *data)
{
	int ends[2], r = -EPIPE;
	pid_t pid;

	if (pipe(ends))
		return -errno;
	pid = fork();
	if (!pid) {
		(void)close(ends[0]);
		run(memcg, fn, data, ends[1]);
	}
	(void)close(ends[1]);
	if (pid > 0 && read(ends[0], &r, sizeof(r)) != sizeof(r))
		r = -EPIPE;
	(void)close(ends[0]);
	return pid > 0 && !r ? pid : r;
}

void target_waits(const void *unused)
{
	for (;;)
		(void)pause();
}

static void *wait_in_thread(void *unused)
{
	for (;;)
		(void)pause();
	return unused;
}

static void make_threads(unsigned n)
{
	pthread_t thread;

	for (unsigned i = 0; i < n; i++)
		if (pthread_create(&thread, NULL, wait_in_thread, NULL))
			_exit(1);
}

void target_has_threads(const void *unused)
{
	make_threads(TARGET_THREADS);
	target_waits(NULL);
}

void target_kills_itself(const void *unused)
{
	(void)kill(getpid(), SIGKILL);
	target_waits(NULL);
}

static void fault(void)
{
	volatile int *nowhere = NULL;

	/* an address the compiler knows nothing of */
	__asm__("" : "+r"(nowhere));
	*nowhere = 1;
}

void target_faults(const void *unused)
{
	fault();
}

static void *fault_in_thread(void *unused)
{
	(void)prctl(PR_SET_NAME, "kill-thread");
	fault();
	return unused;
}

void target_faults_in_thread(const void *unused)
{
	pthread_t thread;

	make_threads(2);
	(void)pthread_create(&thread, NULL, fault_in_thread, NULL);
	target_waits(NULL);
}

/* Nothing is there to dump, but each page is asked for. */
void target_dumps_slowly(const void *unused)
{
	const struct rlimit limit = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
	char *at = mmap(NULL, 64ul << 30, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED || setrlimit(RLIMIT_CORE, &limit))
		return;
	*at = 1;
	fault();
}

void target_reads_beyond(const void *unused)
{
	int fd = memfd_create("empty", 0);
	volatile char *at = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);

	if (at != MAP_FAILED)
		(void)*at;
}

void target_burns(const void *unused)
{
	const struct rlimit limit = {.rlim_cur = 1, .rlim_max = 1};

	(void)setrlimit(RLIMIT_CPU, &limit);
	for (;;)
		__asm__ volatile("");
}

void target_writes_too_much(const void *unused)
{
	const struct rlimit limit = {.rlim_cur = 1, .rlim_max = 1};
	int fd = memfd_create("small", 0);

	(void)setrlimit(RLIMIT_FSIZE, &limit);
	for (int i = 0; i < 2; i++)
		(void)!write(fd, "x", 1);
}

void target_sets_timer(const void *unused)
{
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};
	const struct itimerspec soon = {.it_value.tv_nsec = 1000000};
	timer_t timer;

	if (timer_create(CLOCK_MONOTONIC, &event, &timer) || timer_settime(timer, 0, &soon, NULL))
		return;
	target_waits(NULL);
}

void target_asks_for_message(const void *unused)
{
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};
	mqd_t queue = mq_open("/ringside-kill", O_RDWR | O_CREAT | O_EXCL, 0600, NULL);

	(void)mq_unlink("/ringside-kill");
	if (!mq_notify(queue, &event))
		(void)mq_send(queue, "x", 1, 0);
}

void target_asks_for_input(const void *unused)
{
	int ends[2];

	if (pipe(ends) || fcntl(ends[0], F_SETOWN, getpid()) || fcntl(ends[0], F_SETSIG, SIGKILL) ||
	    fcntl(ends[0], F_SETFL, O_ASYNC))
		return;
	(void)!write(ends[1], "x", 1);
}

static void feign(int signal, int code)
{
	siginfo_t info = {.si_signo = signal, .si_code = code};

	(void)syscall(SYS_rt_sigqueueinfo, getpid(), signal, &info);
}

void target_feigns_kill(const void *unused)
{
	feign(SIGKILL, SI_KERNEL);
}

void target_feigns_fault(const void *unused)
{
	feign(SIGSEGV, SEGV_MAPERR);
}

static sigjmp_buf back;

static void jump_back(int unused)
{
	siglongjmp(back, 1);
}

void target_handles_fault(const void *unused)
{
	(void)signal(SIGSEGV, jump_back);
	if (!sigsetjmp(back, 1))
		fault();
}

static void *exec_in_thread(void *unused)
{
	(void)execl("/proc/self/exe", "trigger-kill", "--exit", NULL);
	_exit(1);
	return unused;
}

void target_execs_in_thread(const void *unused)
{
	pthread_t thread;

	make_threads(TARGET_THREADS);
	(void)pthread_create(&thread, NULL, exec_in_thread, NULL);
	target_waits(NULL);
}

void target_exits_with_threads(const void *unused)
{
	make_threads(TARGET_THREADS);
	_exit(0);
}

void target_aborts(const void *unused)
{
	abort();
}
