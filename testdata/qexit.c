/* SPDX-License-Identifier: Apache-2.0 */
/* Ends a QEMU guest that has `-device isa-debug-exit,iobase=0xf4,iosize=4`: qemu exits with
 * 2 * CODE + 1. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <unistd.h>

#define PORT 0xf4

int main(int argc, char **argv)
{
	char *end;
	unsigned long code;

	if (argc != 2 || (code = strtoul(argv[1], &end, 10), *end || end == argv[1]) ||
	    code > 127) {
		(void)fputs("usage: qexit CODE (0 to 127)\n", stderr);
		return 2;
	}
	sync();
	if (iopl(3)) {
		(void)fprintf(stderr, "qexit: iopl: %s\n", strerror(errno));
		return 1;
	}
	outb((unsigned char)code, PORT);
	(void)fputs("qexit: nothing answers at port 0xf4: not in such a guest\n", stderr);
	return 1;
}
