/* SPDX-License-Identifier: Apache-2.0 */
/* A whole recording, plain or compressed: verify has a verdict, and repair makes one of it that
 * verify accepts, or says why not. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "consumer/repair/repair.h"
#include "consumer/verify/verify.h"
#include "tests/fuzz/fuzz.h"

static enum verify_status verify_it(const char *path)
{
	_cleanup_(damaged_reader_freep) struct damaged_reader *damaged = NULL;
	_cleanup_(verify_freep) struct verify *verify = NULL;
	const struct verify_config config = {0};

	fuzz_assert(!damaged_reader_open(&damaged, path));
	fuzz_assert(!verify_new(&verify));
	fuzz_assert(!verify_input(verify, damaged, &config));
	return verify->report.status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct repair_config config = {0};
	char in[64], out[64], error[REPAIR_ERROR_SIZE];
	struct repair_report report;
	enum verify_status status;
	int fd = fuzz_file(data, size), r;

	(void)snprintf(in, sizeof(in), "/proc/self/fd/%d", fd);
	(void)snprintf(out, sizeof(out), "/dev/shm/ringside-fuzz-%d", (int)getpid());
	status = verify_it(in);
	r = repair(in, out, &config, &report, error);
	if (!r) {
		fuzz_assert(status != VERIFY_FOREIGN);
		status = verify_it(out);
		fuzz_assert(status == VERIFY_COMPLETE || status == VERIFY_LOSSES);
		fuzz_assert(!unlink(out));
	} else {
		fuzz_assert(access(out, F_OK) < 0 && strlen(error) > 0);
	}
	(void)close(fd);
	return 0;
}
