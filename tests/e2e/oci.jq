# SPDX-License-Identifier: Apache-2.0
# The configuration of a container, from containers-common's seccomp.json: the profile as podman
# hands it to its runtime, with what depends on capabilities and architecture decided.

["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_NET_BIND_SERVICE",
 "CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID", "CAP_SYS_CHROOT"] as $caps |

def applies:
	(.includes.caps // [] | . - $caps == []) and
	(.includes.arches // ["amd64"] | index("amd64") != null) and
	(.excludes.caps // [] | . - (. - $caps) == []) and
	(.excludes.arches // [] | index("amd64") == null);

def rule:
	{names, action} +
	(if .errnoRet != null then {errnoRet} else {} end) +
	(if (.args // []) != [] then {args} else {} end);

{
	ociVersion: "1.0.0",
	process: {
		user: {uid: 0, gid: 0},
		args: ["sh", "-c", $command],
		env: ["PATH=/bin"],
		cwd: "/",
		capabilities: {bounding: $caps, effective: $caps, permitted: $caps},
		noNewPrivileges: false
	},
	root: {path: "rootfs"},
	hostname: "container",
	mounts: [{destination: "/proc", type: "proc", source: "proc"}],
	linux: {
		cgroupsPath: $cgroup,
		resources: {memory: {limit: $limit, swap: $limit}},
		namespaces: ["pid", "ipc", "uts", "mount", "network"] | map({type: .}),
		seccomp: {
			defaultAction,
			defaultErrnoRet,
			architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
			syscalls: [.syscalls[] | select(applies) | rule]
		}
	}
}
