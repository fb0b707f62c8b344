# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# Each call that the headers of the target's kernel know has its name in the events, and no other has
# one. Where our table of new calls ends the newest kernel tells.
# shellcheck disable=SC2034 # for collect.sh
targets='native trixie sid trixie-arm64 sid-arm64'

prepare() {
	case $TARGET in
	native)
		cp "/usr/include/$(uname -m)-linux-gnu/asm"/unistd_*.h .
		;;
	*-arm64)
		headers=$("$TESTS/vm/fetch" "$TARGET" headers)
		find "$headers" -path '*/linux-headers-*common/include/uapi/asm-generic/unistd.h' \
			-exec cp {} unistd_64.h \;
		;;
	*)
		headers=$("$TESTS/vm/fetch" "$TARGET" headers)
		find "$headers" -path '*/generated/uapi/asm/unistd_*.h' -exec cp {} . \;
		;;
	esac
	ls unistd_64.h
}

collect() {
	cp "$FILES"/unistd_*.h .
	start names --attach tracepoint
	trigger names trigger-seccomp n26 n27 n28 n37
	stop names
}

judge() {
	/usr/bin/python3 - "$TESTS/e2e" <<-'END'
		import os
		import re
		import sys

		sys.path.insert(0, sys.argv[1])
		from judge import read_records

		HEADERS = {"x86_64": "64", "i386": "32", "x32": "x32", "aarch64": "64"}
		DEFINE = re.compile(r"#define __NR_(\w+)\s+\(?(__X32_SYSCALL_BIT \+ )?(\d+)")

		def names_of(arch):
		    with open(f"unistd_{HEADERS[arch]}.h", encoding="utf-8") as file:
		        found = DEFINE.findall(file.read())
		    return {int(nr) + (1 << 30 if x32 else 0): name for name, x32, nr in found
		            if name != "syscalls"}

		wrong = 0
		checked = {}
		newest = 449
		with open("names.pb", "rb") as file:
		    denials = [r.seccomp_denial for r in read_records(file.read())
		               if r.HasField("seccomp_denial")]
		for arch in sorted({d.arch_name for d in denials}):
		    if not os.path.exists(f"unistd_{HEADERS.get(arch)}.h"):
		        continue
		    known = names_of(arch)
		    end = max(nr for nr in known if nr % (1 << 30) < 512) + 1
		    newest = max(newest, end % (1 << 30))
		    for d in denials:
		        nr = d.syscall_number
		        if d.arch_name != arch:
		            continue
		        name = d.syscall_name or None
		        # What is newer than these headers may have a name; what no kernel has may not.
		        newer = nr not in known and end <= nr < end - end % 512 + 512
		        right = newer or name == known.get(nr)
		        checked[arch] = checked.get(arch, 0) + 1
		        if not right:
		            wrong += 1
		            print(f"# {arch} {nr} is {name}, not {known.get(nr)}")
		print("ok" if not wrong and checked else "not ok",
		      f"- {wrong} wrong names; calls below {newest}; looked at: {checked}")
	END
}
