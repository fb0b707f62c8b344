#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# libseccomp 2.5.4 (Debian 12): what one would guess: in a filter from which the native architecture was
# removed and that has aarch64 alone, a rule takes aarch64's numbers, as seccomp_syscall_resolve_name_arch()
# gives them. What happens: rules take the numbers of the architecture the library was built for, whatever
# is in the filter, and translate them by name. openat resolved for aarch64 (56) becomes a rule for "clone"
# (56 on x86-64, 220 on aarch64), and seccomp_rule_add() returns 0; getpid resolved so (172, which is iopl
# here) is refused by seccomp_rule_add_exact() with EDOM (-33), and the host's 39 is right. Whoever makes
# or checks a profile for another architecture resolves names for the host.
# Usage: findings/libseccomp-takes-the-hosts-numbers.sh   (x86-64; apt-get, dpkg-deb, gcc; exit 1 if that
# changes)
set -euo pipefail

version=2.5.4-1+deb12u1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq download "libseccomp2=$version" "libseccomp-dev=$version" 2>/dev/null
for deb in *.deb; do dpkg-deb -x "$deb" tree; done

cat >rules.c <<'C'
#include <seccomp.h>
#include <stdio.h>

int main(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int openat = seccomp_syscall_resolve_name_arch(SCMP_ARCH_AARCH64, "openat");
	int getpid = seccomp_syscall_resolve_name_arch(SCMP_ARCH_AARCH64, "getpid");

	if (seccomp_arch_add(filter, SCMP_ARCH_AARCH64) ||
	    seccomp_arch_remove(filter, SCMP_ARCH_NATIVE))
		return 1;
	printf("openat %d: %d\n", openat, seccomp_rule_add(filter, SCMP_ACT_ERRNO(1), openat, 0));
	printf("getpid %d: %d\n", getpid,
	       seccomp_rule_add_exact(filter, SCMP_ACT_ERRNO(1), getpid, 0));
	printf("getpid %d: %d\n", SCMP_SYS(getpid),
	       seccomp_rule_add_exact(filter, SCMP_ACT_ERRNO(1), SCMP_SYS(getpid), 0));
	fflush(stdout);
	return seccomp_export_pfc(filter, 1);
}
C
gcc -Itree/usr/include rules.c -o rules "$(find "$PWD/tree" -name 'libseccomp.so.2.*' -print -quit)"
out=$(LD_LIBRARY_PATH=$(dirname "$(find "$PWD/tree" -name 'libseccomp.so.2' -print -quit)") ./rules)
echo "$out"
for line in 'openat 56: 0' 'getpid 172: -33' 'getpid 39: 0' 'filter for syscall "clone" (220)' \
	'filter for syscall "getpid" (172)'; do
	[[ $out = *"$line"* ]] || { echo "changed: no '$line'" >&2; exit 1; }
done
[[ $out != *'"openat"'* ]] || { echo "changed: openat is in it" >&2; exit 1; }
