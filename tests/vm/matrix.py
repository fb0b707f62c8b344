#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The table kernel x tier x build mode x case, from what tests/e2e/case-tiers.sh has judged.

    PYTHONPATH=BUILD/proto matrix.py --seconds N --tap FILE BUILD/matrix TARGET...

Exit code 1 if anything failed.
"""
import argparse
import datetime
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))
from judge import Bad, OOM_CASES, SECCOMP_CASES, read_records, tiers_of  # noqa: E402

TIERS = ["auto", "fentry", "kprobe", "tracepoint"]
STORMS = ["storm-0", "storm-60"]
PROBES = ["oom_kill", "seccomp_denial"]
CASES = SECCOMP_CASES + OOM_CASES + STORMS
PASSED, FAILED, UNSEEN, MISSED, UNSUPPORTED, ABSENT = ".", "X", "b", "m", "-", " "
LEGEND = f"""\
    {PASSED} passed
    {UNSEEN} cannot see: by a blind spot that the stream's Header declares; nothing wrong came
    {MISSED} missed some, and said so: missed_runs covers them, verify and the Header name them
    {UNSUPPORTED} this kernel cannot do what the case is about
    {FAILED} failed
      (blank) not run: the tier does not offer it here"""
PARTS = [("c", "c01..c19: every action and outcome of seccomp"),
         ("n", "n01..n38: what is easily mistaken for a denial"),
         ("o", "o01..o18: OOM kills in a memory cgroup"),
         ("s", "storms of eight tasks on two CPUs: delivered and dropped; limited, beside 60 "
               "sleepers in USER_NOTIF")]


class Row:
    """A tier on a kernel."""

    def __init__(self, folder, target, tier):
        suite, *options = target.split("-")
        self.tier, self.mode = tier, "runtime" if "runtime" in options else "core"
        release = folder.parent / "release"
        self.kernel = release.read_text().strip() if release.exists() else suite
        self.options = ["cgroup v1" if "v1" in options else "cgroup v2"]
        self.options += ["preempt=full"] * ("preempt" in options)
        self.cells, self.notes, self.chosen, self.refused = {}, [], {}, {}
        if folder.exists():
            self.read(folder)
        else:
            self.notes.append((FAILED, "all", "nothing was collected"))

    def note(self, case, cell, why):
        self.cells[case] = cell
        if cell not in (PASSED, ABSENT):
            self.notes.append((cell, case, why))

    def read(self, folder):
        self.read_header(folder)
        self.read_refusals(folder / "cases.log")
        self.read_judged(folder / "cases.judged")
        for name in STORMS:
            self.read_storm(name, folder / (name + ".sums"), folder / (name + ".truth"))
        lines = folder.with_suffix(".lines")
        if lines.exists() and "and no warning of it" in lines.read_text(errors="replace"):
            self.notes.append((FAILED, "all", "no warning that it misses much here"))
        code = folder / "collect-exit"
        if set(PROBES) <= set(self.refused):
            return
        if not code.exists() or code.read_text().strip() != "0":
            said = (folder / "collect.out").read_text(errors="replace").strip().splitlines()
            self.notes.append((FAILED, "all", said[-1] if said else "the guest died in it"))

    def read_header(self, folder):
        self.chosen = {name: tiers_in(folder / (name + ".pb")) for name in ["cases", *STORMS]}

    def read_refusals(self, log):
        """Probes that this tier does not offer on this kernel. One chosen freely has to."""
        self.refused = {}
        if self.tier == "auto" or not log.exists():
            return
        for probe, why in re.findall(r": (\w+) is not attached: (.*)", log.read_text(errors="replace")):
            self.refused[probe] = why
            # What the kernel has the hooks for and does not let be loaded is a fault of the programs.
            self.notes.append((FAILED if "the kernel refuses" in why else ABSENT, probe, why))

    def read_judged(self, path):
        if not path.exists():
            return
        last = None
        for line in path.read_text().splitlines():
            name, *rest = [part.strip() for part in line.split("|")]
            if "seccomp_denial" in self.refused and name in SECCOMP_CASES:
                last = None
                continue
            if name in CASES + ["stream"] and len(rest) == 3:
                last, verdict = name, rest[2]
                if verdict == "ok":
                    self.note(name, PASSED, "")
                elif verdict.startswith("cannot see: "):
                    self.note(name, UNSEEN, verdict.removeprefix("cannot see: "))
                elif verdict.startswith("skipped: "):
                    self.note(name, UNSUPPORTED, verdict.removeprefix("skipped: "))
                else:
                    self.note(name, FAILED, "")
            elif not name and last and self.notes and self.notes[-1][1:] == (last, ""):
                self.notes[-1] = (FAILED, last, rest[-1])

    def read_storm(self, name, sums, truth):
        if "seccomp_denial" in self.refused or not truth.exists() or not truth.stat().st_size:
            return
        text = sums.read_text() if sums.exists() else ""
        wrong = re.search(r"^not ok - (.*)", text, re.M)
        said = re.search(r"the sums close: (.*)", text)
        known = re.search(r"(\d+) triggered;.* = (\d+);", text)
        if wrong or not known:
            self.note(name, FAILED, wrong[1] if wrong else "no sums: " + text[-200:])
        elif known[1] == known[2]:
            self.note(name, PASSED, "")
        else:
            tier = self.chosen[name].get("seccomp_denial")
            self.note(name, MISSED, f"{said[1]} (tier {tier})")

    def label(self):
        tier = self.tier
        chosen = self.chosen.get("cases")
        if tier == "auto" and chosen:
            names = [chosen.get(kind, "none") for kind in ("seccomp_denial", "oom_kill")]
            tier += f" ({names[0]}, {names[1]})"
        return f"{tier:<25} {self.mode:<7}"

    def line(self):
        parts = {}
        for case in CASES:
            parts.setdefault(case[0], []).append(self.cells.get(case, ABSENT))
        return self.label() + " " + "  ".join("".join(cells) for cells in parts.values())


def tiers_in(path):
    """Which tiers a recording's probes have; none where it cannot be read."""
    data = subprocess.run(["zstd", "-dcfq", path], capture_output=True, check=False).stdout
    try:
        return tiers_of([next(read_records(data))])
    except (Bad, StopIteration):
        return {}


def judge_choice(rows):
    """What the chosen tier missed, none that was free to choose may have seen to the last:
    tracepoints cost every process, and are taken only where there is nothing else."""
    for auto in (row for row in rows if row.tier == "auto"):
        others = [row for row in rows if row is not auto and row.mode == auto.mode and
                  (row.kernel, row.options) == (auto.kernel, auto.options)]
        for case in (case for case in STORMS if auto.cells.get(case) == MISSED):
            better = [row.tier for row in others if row.cells.get(case) == PASSED and
                      row.tier not in ("tracepoint", auto.chosen[case].get("seccomp_denial"))]
            if better:
                auto.note(case, FAILED, f"not the best choice, {better[0]} misses nothing")


def heading():
    lines = []
    for at, shift in (("tens", 10), ("ones", 1)):
        parts = {}
        for case in CASES:
            parts.setdefault(case[0], []).append(case)
        text = "  ".join("".join(str(i // shift % 10) for i in range(1, len(part) + 1))
                         for part in parts.values())
        lines.append(f"{'tier (seccomp, oom)' if at == 'tens' else '':<25} "
                     f"{'build' if at == 'tens' else '':<7} {text}")
    names = "  ".join(name + " " * (sum(c[0] == name for c in CASES) - 1) for name, _ in PARTS)
    return [" " * 34 + names, *lines]


def table(rows, seconds):
    yield "<!-- Written by tests/vm/matrix; do not edit. SPDX-License-Identifier: Apache-2.0 -->"
    yield "# Every kernel"
    yield ""
    yield f"As of {datetime.date.today()}, in {seconds // 60} min {seconds % 60} s: " \
          "`./dev test vm matrix`. Debian's cloud kernels, two CPUs each, under emulation."
    yield ""
    yield LEGEND
    yield ""
    for name, what in PARTS:
        yield f"- **{name}** {what}"
    kernels = {}
    for row in rows:
        kernels.setdefault((row.kernel, *row.options), []).append(row)
    for kernel, its_rows in kernels.items():
        yield ""
        yield f"## {kernel[0]}, {', '.join(kernel[1:])}"
        yield ""
        for line in heading() + [row.line() for row in its_rows]:
            yield "    " + line.rstrip()
        yield from notes(its_rows)


def notes(rows):
    """Each thing that did not simply pass, once, with the tiers it concerns."""
    found = {}
    for row in rows:
        for cell, case, why in row.notes:
            cases = found.setdefault((row.tier, cell, re.sub(r"\d{3,}", "N", why)), (why, []))
            cases[1].append(case)
    words = {UNSEEN: "cannot see", MISSED: "missed", UNSUPPORTED: "not here", FAILED: "failed",
             ABSENT: "not offered"}
    if found:
        yield ""
    for (tier, cell, _), (why, cases) in found.items():
        yield f"- {tier}, {', '.join(cases)}: {words[cell]}" + (f": {why}" if why else "")


def tap(rows):
    """A line for each row, for whoever counts."""
    for row in rows:
        name = f"matrix {row.kernel} {' '.join(row.options)} {row.tier} {row.mode}"
        failed = [f"{case} ({why})" if why else case for cell, case, why in row.notes if cell == FAILED]
        passed = sum(cell == PASSED for cell in row.cells.values())
        yield f"not ok - {name}: {'; '.join(failed)}" if failed else f"ok - {name}: {passed} cases"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, required=True)
    parser.add_argument("--tap", type=Path, required=True)
    parser.add_argument("folder", type=Path)
    parser.add_argument("target", nargs="+")
    args = parser.parse_args()
    rows = [Row(args.folder / target / "tiers" / tier, target, tier)
            for target in args.target for tier in TIERS]
    judge_choice(rows)
    print("\n".join(table(rows, args.seconds)))
    args.tap.write_text("".join(line + "\n" for line in tap(rows)))
    return 1 if any(note[0] == FAILED for row in rows for note in row.notes) else 0


if __name__ == "__main__":
    sys.exit(main())
