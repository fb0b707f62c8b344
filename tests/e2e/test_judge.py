#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The judge has to see every single thing that can be wrong: each test takes a stream that is
right, breaks one thing, and wants to be told."""
import contextlib
import copy
import io
import json
import os
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../cli")]
import judge  # noqa: E402
import ringside_pb2 as pb  # noqa: E402
from stream import frame  # noqa: E402

MIB = 1 << 20
JUDGE = os.path.join(HERE, "judge.py")


def denial(case, pid, **changes):
    want = {"pid": pid, "tid": pid, "uid": 0, "gid": 1000, "comm": case, "syscall": "getppid", "nr": 110,
            "nr_lost": False, "arch": 3221225534, "arch_name": "x86_64",
            "args": [1, 2, 3, 4, 5, (1 << 64) - 1], "instruction_pointer": 4214332,
            "action": "ERRNO", "error_number": 13, "ret_data": 13, "logged": False,
            "strict": False, "filters": 1}
    return want | changes


def seccomp_truth(case, pids, expect):
    return {"kind": "seccomp_denial", "case": case, "comm": case, "pids": pids,
            "cgroups": ["/", "/a/b"], "cgroup": None, "expect": expect, "observed": ""}


def victim(case, pid, **changes):
    want = {"pid": pid, "vpid": pid, "comm": case, "leader_comm": None, "oom_score_adj": 0,
            "touched_bytes": 30 * MIB, "memory": "anon", "container_init": False,
            "pid_namespace_init": False}
    return want | changes


def oom_truth(case, expect, **changes):
    truth = {"kind": "oom_kill", "case": case, "comm": case,
             "pids": [v["pid"] for v in expect], "expect": expect,
             "trigger_pid": expect[0]["pid"], "trigger_comm": expect[0]["comm"],
             "cgroup": "/t/child", "trigger_cgroup": "/t/child", "owner": "/t",
             "limit_bytes": 32 * MIB, "v": 2,
             "scope": "MEMCG", "oom_group": False, "shares_memory": 0}
    return truth | changes


def truths():
    return [
        seccomp_truth("c01", [101], [denial("c01", 101)]),
        seccomp_truth("c06", [106], [denial("c06", 106, action="KILL_PROCESS", error_number=None,
                                            ret_data=0, logged=True)]),
        seccomp_truth("c10", [110, 111], []),
        seccomp_truth("c11", [112], [denial("c11", 112, action="TRACE", error_number=38,
                                            nr_lost=True, ret_data=9)]),
        seccomp_truth("c14", [114], [denial("c14", 114, action="LOG", error_number=None,
                                            ret_data=0, logged=True)]),
        seccomp_truth("n07", [207], [denial("n07", 207, tid=208), denial("n07", 207)]),
        oom_truth("o01", [victim("o01", 301)]),
        oom_truth("o03", [victim("o03-one", 303, touched_bytes=MIB), victim("o03-hog", 304)],
                  oom_group=True),
        oom_truth("o04", [victim("o04", 305), victim("o04-vm", 306, touched_bytes=0)],
                  shares_memory=1),
    ]


CASES = [t["case"] for t in truths()]


def right_denial(truth, want, tier):
    record = pb.Record()
    event = record.seccomp_denial
    event.process.pid, event.process.tid = want["pid"], want["tid"]
    event.process.uid, event.process.gid = want["uid"], want["gid"]
    event.process.comm = want["comm"]
    event.container.cgroup_path = "/a/b"
    event.arch, event.arch_name = want["arch"], want["arch_name"]
    if not want["nr_lost"]:
        event.syscall_number, event.syscall_name = want["nr"], want["syscall"]
    event.action = pb.SeccompAction.Value("SECCOMP_RET_" + want["action"])
    if want["error_number"] is not None:
        event.error_number = want["error_number"]
    event.ret_data = want["ret_data"]
    event.instruction_pointer = want["instruction_pointer"]
    event.args.extend(want["args"])
    event.filters = want["filters"]
    if tier != "tracepoint":
        event.logged = want["logged"]
    return record


def right_kill(truth, want, number, _):
    record = pb.Record()
    kill = record.oom_kill
    kill.victim.pid = kill.victim.tid = want["pid"]
    kill.victim.vpid, kill.victim.comm = want["vpid"], want["comm"]
    kill.trigger.pid, kill.trigger.comm = truth["trigger_pid"], truth["trigger_comm"]
    kill.victim_container.cgroup_path = kill.trigger_container.cgroup_path = truth["cgroup"]
    kill.limit_owner.cgroup_path = truth["owner"]
    kill.limit_bytes, kill.usage_bytes = truth["limit_bytes"], truth["limit_bytes"]
    kill.scope = pb.OOM_SCOPE_MEMCG
    kill.anon_rss_bytes = judge.touched_bytes(truth, want) + 16 * judge.PAGE
    kill.file_rss_bytes, kill.shmem_rss_bytes = MIB // 2, 0
    kill.peak_rss_bytes = kill.anon_rss_bytes + kill.file_rss_bytes
    kill.total_vm_bytes, kill.page_table_bytes = 64 * MIB, 27 * judge.PAGE
    kill.oom_score_adj = want["oom_score_adj"]
    kill.kill_id, kill.victim_number = int(truth["case"][1:]), number
    kill.oom_group = truth["oom_group"]
    kill.shares_memory = want["comm"].endswith("-vm")
    kill.order, kill.gfp_mask, kill.domain_bytes = 0, 0xcc0, truth["limit_bytes"]
    if number == 1:
        kill.badness_points = 8000
    return record


def right_stream(tier="fentry"):
    records = [pb.Record()]
    header = records[0].header
    header.magic = "RINGSIDE"
    for kind in judge.JUDGES:
        blind = {words for _, words in judge.TIER_BLIND.get(tier, {}).values()}
        header.probes.add(kind=kind, tier=pb.Tier.Value("TIER_" + tier.upper()),
                          blind_spots=sorted(blind))
    for truth in truths():
        if truth["kind"] == "oom_kill":
            records += [right_kill(truth, want, i + 1, tier)
                        for i, want in enumerate(truth["expect"])]
        elif tier != "tracepoint" or truth["case"] != "c14":
            records += [right_denial(truth, want, tier) for want in truth["expect"]]
    records.append(pb.Record())
    records[-1].footer.records = len(records)
    return renumber(records)


def renumber(records):
    for i, record in enumerate(records):
        record.seq = i + 1
    return records


def find(records, comm, nth=0):
    """The nth event of a process."""
    return [r for r in records if r.WhichOneof("body") in judge.JUDGES
            and judge.process_of(r).comm == comm][nth]


def run(records, cases=None, tier=None, known=None):
    """Returns failed cases with what was printed of them, and all the text."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        _, failed = judge.judge(known or truths(), records, cases or CASES, tier)
    blamed = [line.split()[0] for line in out.getvalue().splitlines() if "| FAILED" in line]
    assert len(blamed) == failed, out.getvalue()
    return blamed, out.getvalue()


def setter(comm, path, value, nth=0):
    """Sets (or, for None, clears) one field of one event."""
    def change(records):
        record = find(records, comm, nth)
        message = getattr(record, record.WhichOneof("body"))
        *parents, field = path.split(".")
        for parent in parents:
            message = getattr(message, parent)
        if value is None:
            message.ClearField(field)
        else:
            setattr(message, field, value)
    return change


def drop(comm, nth=0):
    return lambda records: records.remove(find(records, comm, nth)) or renumber(records)


def double(comm):
    def change(records):
        records.insert(1, copy.deepcopy(find(records, comm)))
        renumber(records)
    return change


def add_foreign(records):
    """A case that expects nothing gets an event, from its second process."""
    record = copy.deepcopy(find(records, "c01"))
    record.seccomp_denial.process.pid = record.seccomp_denial.process.tid = 111
    record.seccomp_denial.process.comm = "exe"
    records.insert(1, record)
    renumber(records)


def set_arg(records):
    find(records, "c01").seccomp_denial.args[5] = (1 << 32) - 1


def skip_arg(records):
    """The first argument as an arm64 kernel shows it for a call skipped with ENOSYS."""
    find(records, "c11").seccomp_denial.args[0] = (1 << 64) - 38


def drop_arg(records):
    del find(records, "c01").seccomp_denial.args[5]


def swap_tids(records):
    find(records, "n07", 0).seccomp_denial.process.tid = 207


def gap(records):
    records[-1].seq += 1


def lose(records):
    record = pb.Record()
    record.lost.reason, record.lost.count = pb.Lost.RING_FULL, 7
    records.insert(-1, record)
    renumber(records)


# What is broken, which case has to fail, and what has to be said about it.
BROKEN = [
    ("an event is missing", drop("c01"), "c01", "no event for ERRNO"),
    ("one of two events is missing", drop("n07"), "n07", "no event for ERRNO"),
    ("an event came twice", double("c01"), "c01", "one event too many"),
    ("an allowed call was reported", add_foreign, "c10", "one event too many"),
    ("pid", setter("c01", "process.pid", 1), "c01", "pid is 1"),
    ("tid", setter("c01", "process.tid", 1), "c01", "tid is 1"),
    ("uid", setter("c01", "process.uid", 65534), "c01", "uid is 65534"),
    ("gid absent", setter("c01", "process.gid", None), "c01", "gid is absent"),
    ("tid of a thread", swap_tids, "n07", "tid is 207"),
    ("comm", setter("c01", "process.comm", "sh"), "c01", "comm is sh"),
    ("number", setter("c01", "syscall_number", 111), "c01", "syscall_number is 111"),
    ("number absent", setter("c01", "syscall_number", None), "c01", "syscall_number is absent"),
    ("name", setter("c01", "syscall_name", "getpid"), "c01", "syscall_name is getpid"),
    ("name absent", setter("c01", "syscall_name", None), "c01", "syscall_name is absent"),
    ("lost number made up", setter("c11", "syscall_number", -1), "c11", "syscall_number is -1"),
    ("name of a lost number", setter("c11", "syscall_name", "x"), "c11", "syscall_name is x"),
    ("arch", setter("c01", "arch", 0x40000003), "c01", "arch is"),
    ("arch name", setter("c01", "arch_name", "i386"), "c01", "arch_name is i386"),
    ("action", setter("c01", "action", pb.SECCOMP_RET_TRACE), "c01", "action is"),
    ("errno", setter("c01", "error_number", 1), "c01", "error_number is 1"),
    ("errno absent", setter("c01", "error_number", None), "c01", "error_number is absent"),
    ("errno of the killed", setter("c06", "error_number", 0), "c06", "error_number is 0"),
    ("data", setter("c01", "ret_data", 1), "c01", "ret_data is 1"),
    ("argument", set_arg, "c01", "args are"),
    ("result for an argument", skip_arg, "c11", "args are"),
    ("five arguments", drop_arg, "c01", "args are"),
    ("address", setter("c01", "instruction_pointer", 4214330), "c01", "instruction_pointer is"),
    ("filters", setter("c01", "filters", 2), "c01", "filters is 2"),
    ("logged", setter("c01", "logged", True), "c01", "logged is True"),
    ("logged absent", setter("c06", "logged", None), "c06", "logged is absent"),
    ("strict", setter("c01", "strict_mode", True), "c01", "strict_mode is True"),
    ("cgroup", setter("c01", "container.cgroup_path", "/b"), "c01", "cgroup_path is '/b'"),
    ("cgroup absent", setter("c01", "container.cgroup_path", None), "c01", "cgroup_path is ''"),
    ("a victim is missing", drop("o03-hog"), "o03", "no event for o03-hog"),
    ("a victim came twice", double("o01"), "o01", "one event too many"),
    ("victim", setter("o01", "victim.pid", 1), "o01", "pid is 1"),
    ("vpid", setter("o01", "victim.vpid", 1), "o01", "vpid is 1"),
    ("trigger", setter("o01", "trigger.pid", 1), "o01", "pid is 1"),
    ("trigger's comm", setter("o01", "trigger.comm", "sh"), "o01", "comm is sh"),
    ("trigger absent", setter("o01", "trigger", None), "o01", "pid is absent"),
    ("victim's cgroup", setter("o01", "victim_container.cgroup_path", "/t"), "o01",
     "cgroup_path is /t"),
    ("trigger's cgroup", setter("o01", "trigger_container.cgroup_path", "/"), "o01",
     "cgroup_path is /"),
    ("owner", setter("o01", "limit_owner.cgroup_path", "/t/child"), "o01",
     "cgroup_path is /t/child"),
    ("limit in pages", setter("o01", "limit_bytes", 8192), "o01", "limit_bytes is 8192"),
    ("usage in pages", setter("o01", "usage_bytes", 8192), "o01", "usage_bytes is 8192"),
    ("usage too large", setter("o01", "usage_bytes", 64 * MIB), "o01", "usage_bytes is"),
    ("scope", setter("o01", "scope", pb.OOM_SCOPE_GLOBAL), "o01", "scope is"),
    ("inferred", setter("o01", "limit_inferred", True), "o01", "limit_inferred is True"),
    ("rss in pages", setter("o01", "anon_rss_bytes", 7700), "o01", "anon_rss_bytes is 7700"),
    ("rss in kB", setter("o01", "anon_rss_bytes", 30 * 1024), "o01", "anon_rss_bytes is"),
    ("rss of the wrong kind", setter("o01", "shmem_rss_bytes", 30 * MIB), "o01",
     "shmem_rss_bytes is"),
    ("peak below rss", setter("o01", "peak_rss_bytes", MIB), "o01", "peak_rss_bytes is"),
    ("total_vm", setter("o01", "total_vm_bytes", 16384), "o01", "total_vm 16384"),
    ("page tables", setter("o01", "page_table_bytes", 0), "o01", "page_table_bytes is 0"),
    ("adj", setter("o01", "oom_score_adj", 1), "o01", "oom_score_adj is 1"),
    ("adj absent", setter("o01", "oom_score_adj", None), "o01", "oom_score_adj is absent"),
    ("init", setter("o01", "container_init", True), "o01", "container_init is True"),
    ("namespace's init", setter("o01", "pid_namespace_init", True), "o01",
     "pid_namespace_init is True"),
    ("exiting", setter("o01", "already_exiting", True), "o01", "already_exiting"),
    ("group", setter("o01", "oom_group", True), "o01", "oom_group"),
    ("no group", setter("o03-one", "oom_group", False), "o03", "oom_group is False"),
    ("kill ids differ", setter("o03-hog", "kill_id", 9), "o03", "kill_id: [3, 9]"),
    ("two kills with one id", setter("o01", "kill_id", 4), "stream",
     "kill 4 has victims [1, 1, 2]"),
    ("no kill id", setter("o01", "kill_id", None), "o01", "kill_id: [0]"),
    ("victim's number", setter("o03-hog", "victim_number", 3), "o03", "victim_number: [1, 3]"),
    ("nobody shares", setter("o04-vm", "shares_memory", None), "o04", "0 victims with shares"),
    ("someone shares", setter("o01", "shares_memory", True), "o01", "1 victims with shares"),
    ("points of nobody", setter("o01", "badness_points", None), "o01", "0 victims with badness"),
    ("points of all", setter("o03-hog", "badness_points", 1), "o03", "2 victims with badness"),
    ("order", setter("o01", "order", -1), "o01", "order is -1"),
    ("gfp mask", setter("o01", "gfp_mask", 0), "o01", "gfp_mask is 0"),
    ("domain in pages", setter("o01", "domain_bytes", 8192), "o01", "domain_bytes is 8192"),
    ("no header", lambda r: r.pop(0) and renumber(r), "stream", "does not start with a Header"),
    ("no footer", lambda r: r.pop(), "stream", "does not end with a Footer"),
    ("a gap", gap, "stream", "seq"),
    ("losses", lose, "stream", "7 lost: RING_FULL"),
]


class JudgeTest(unittest.TestCase):
    maxDiff = None

    def test_a_right_stream_passes(self):
        for tier in ("fentry", "kprobe", "tracepoint"):
            blamed, text = run(right_stream(tier), tier=tier)
            self.assertEqual(blamed, [], text)
            self.assertTrue(text.endswith(f"{len(CASES) + 1} passed, 0 failed\n"), text)

    def test_every_single_error_is_seen(self):
        for name, change, case, said in BROKEN:
            with self.subTest(name):
                records = right_stream()
                change(records)
                blamed, text = run(records)
                self.assertIn(case, blamed, text)
                self.assertIn(said, text)
                if name not in ("no header", "a victim came twice"):
                    self.assertEqual(blamed, [case], text)

    def test_a_missing_case_fails(self):
        for case in CASES:
            known = [t for t in truths() if t["case"] != case]
            blamed, text = run(right_stream(), known=known)
            self.assertEqual(blamed, [case], text)

    def test_an_unknown_case_fails(self):
        known = truths() + [seccomp_truth("c99", [1], [])]
        self.assertEqual(run(right_stream(), known=known)[0], ["c99"])

    def test_an_unsupported_case_is_skipped(self):
        known = truths()
        known[-1] = {"kind": "oom_kill", "case": "o04", "unsupported": True, "observed": "v1"}
        records = right_stream()
        drop("o04")(records)
        drop("o04-vm")(records)
        blamed, text = run(records, known=known)
        self.assertEqual(blamed, [], text)
        self.assertIn("skipped: v1", text)

    def test_tracepoints_need_not_see_what_a_tracer_skipped(self):
        records = right_stream("tracepoint")
        drop("c11")(records)
        blamed, text = run(records)
        self.assertEqual(blamed, [], text)
        self.assertIn("cannot see: tracer replaced its number", text)
        records = right_stream("tracepoint")
        setter("c11", "error_number", 1)(records)
        self.assertEqual(run(records)[0], ["c11"])

    def test_arm64_shows_the_result_of_a_skipped_call_as_its_argument(self):
        known = truths()
        for want in (known[0]["expect"][0], known[3]["expect"][0]):
            want["arch_name"] = "aarch64"
        records = right_stream()
        for case in ("c01", "c11"):
            setter(case, "arch_name", "aarch64")(records)
        self.assertEqual(run(records, known=known)[0], [])
        skip_arg(records)
        self.assertEqual(run(records, known=known)[0], [])
        find(records, "c01").seccomp_denial.args[0] = (1 << 64) - 13
        self.assertEqual(run(records, known=known)[0], ["c01"])

    def test_tracepoints_cannot_see_log(self):
        records = right_stream("tracepoint")
        wants = [t for t in truths() if t["case"] == "c14"][0]
        records.insert(1, right_denial(wants, wants["expect"][0], "tracepoint"))
        self.assertEqual(run(renumber(records))[0], ["c14"])

    def test_tracepoints_may_take_an_emulated_call_for_a_denial(self):
        known = truths() + [seccomp_truth("n21", [921], [])]
        for tier, blamed in (("tracepoint", []), ("fentry", ["n21"])):
            records = right_stream(tier)
            records.insert(1, right_denial(known[-1], denial("n21", 921), tier))
            self.assertEqual(run(renumber(records), known=known)[0], blamed)

    def test_what_a_tier_cannot_see_has_to_be_declared(self):
        records = right_stream("tracepoint")
        self.assertIn("cannot see: SECCOMP_RET_LOG", run(records)[1])
        for probe in records[0].header.probes:
            del probe.blind_spots[:]
        blamed, text = run(records)
        self.assertEqual(blamed, ["c14"], text)
        self.assertIn("no blind spot of the Header says 'SECCOMP_RET_LOG'", text)

    def test_a_deep_path_is_known_by_its_end(self):
        deep = "/t" + "".join(f"/{n}" for n in range(20))
        known = truths() + [oom_truth("o14", [victim("o14", 901)], cgroup=deep,
                                      trigger_cgroup=deep)]
        for path, blamed in ((deep, []), (deep[-30:], []), ("/t", ["o14"])):
            records = right_stream()
            records.insert(1, right_kill(known[-1], known[-1]["expect"][0], 1, None))
            records[1].oom_kill.victim_container.cgroup_path = path
            self.assertEqual(run(renumber(records), known=known)[0], blamed, path)

    def test_each_kill_of_a_storm_has_to_be_there_with_its_owner(self):
        storm = {"kind": "oom_storm", "comm": "storm", "killed": 2, "limit_bytes": 32 * MIB,
                 "owner": "/t"}
        for field, value, blamed in ((None, None, []), ("scope", pb.OOM_SCOPE_GLOBAL, ["storm"]),
                                     ("limit_owner.cgroup_path", "/", ["storm"]),
                                     ("limit_inferred", True, ["storm"])):
            records = right_stream()
            for pid in (990, 991):
                truth = oom_truth(f"o{pid}", [victim("storm", pid)])
                records.insert(1, right_kill(truth, truth["expect"][0], 1, None))
            if field:
                setter("storm", field, value)(records)
            self.assertEqual(run(renumber(records), known=truths() + [storm])[0], blamed, field)
        self.assertEqual(run(right_stream(), known=truths() + [storm])[0], ["storm"])

    def test_another_tier_than_the_wanted_one_fails(self):
        self.assertEqual(run(right_stream("fentry"), tier="kprobe")[0], ["stream"])

    def test_a_probe_that_was_not_attached_fails_its_cases(self):
        records = right_stream()
        records[0].header.probes[0].ClearField("tier")
        blamed, text = run(records)
        self.assertEqual(blamed, [t["case"] for t in truths()
                                  if t["kind"] == records[0].header.probes[0].kind], text)

    def test_two_runs_of_a_case_are_told_apart(self):
        known = truths() + [seccomp_truth("c01", [901], [denial("c01", 901)])]
        records = right_stream()
        records.insert(1, right_denial(known[-1], known[-1]["expect"][0], "fentry"))
        self.assertEqual(run(renumber(records), known=known)[0], [])
        drop("c01")(records)
        self.assertEqual(run(records, known=known)[0], ["c01"])

    def test_the_case_of_a_made_cgroup_wants_just_that_one(self):
        known = truths()
        known[0]["cgroup"] = "/docker/1"
        self.assertEqual(run(right_stream(), known=known)[0], ["c01"])


class CommandTest(unittest.TestCase):
    def run_judge(self, data, *options, lines=None):
        with tempfile.NamedTemporaryFile("w") as truth:
            truth.write(lines or "\n".join(map(json.dumps, truths())) + "\nnoise\n")
            truth.flush()
            return subprocess.run([sys.executable, JUDGE, *options, "--stream", "-", truth.name],
                                  input=data, capture_output=True, check=False)

    def stream(self):
        return b"".join(map(frame, right_stream()))

    def test_a_right_stream_exits_with_0(self):
        done = self.run_judge(self.stream(), "--cases", ",".join(CASES), "--tier", "fentry")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(done.stdout.splitlines()[-1], b"10 passed, 0 failed")

    def test_cases_that_were_never_tried_fail(self):
        done = self.run_judge(self.stream())
        self.assertEqual(done.returncode, 1)
        # all but those of CASES; what passes is they and the stream
        never = len(judge.SECCOMP_CASES + judge.OOM_CASES) - len(CASES)
        self.assertEqual(done.stdout.splitlines()[-1],
                         f"{len(CASES) + 1} passed, {never} failed".encode())

    def test_a_stream_cut_off_anywhere_fails(self):
        data = self.stream()
        for cut in (1, 2, len(data) // 2, len(data) - 1):
            done = self.run_judge(data[:cut], "--cases", ",".join(CASES))
            self.assertEqual(done.returncode, 1, cut)
        self.assertEqual(self.run_judge(b"").returncode, 1)

    def test_what_is_no_stream_fails(self):
        for data in (b"\xff" * 20, b"\x05hello", b"\x02\x08\x01"):
            done = self.run_judge(data)
            self.assertEqual(done.returncode, 1)

    def test_without_truth_it_fails(self):
        self.assertEqual(self.run_judge(self.stream(), lines="nothing\n").returncode, 1)


if __name__ == "__main__":
    unittest.main()
