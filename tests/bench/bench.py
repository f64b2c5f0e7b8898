#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures a program, and beside it the reference on the same work in the same run, by turns.

    bench.py PROGRAM [--reference PROG] [--only startup,lifecycle,scale,heavy] [--runs N] [--json FILE] [--enforce]

Times of a shared machine mean little; ratios of one run do. Prints each figure with the bar it has to meet; what
misses its bar is marked, and is a failure only with --enforce. Without a reference the ratios are left out, which
is said. CPU is user + system time, memory the peak of the process, both from wait4.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))

import synthetic
from workbench import Flow, Tool, edge, job, remove, workflow, write

READ_CPU, WRITE_CPU, STRICT_CPU, MEMORY, LIFECYCLE, HEAVY, FLAT = 0.06, 0.10, 0.15, 0.45, 0.15, 0.02, 2.0
SECOND = 1000  # ms


class Side:
    """A program under measurement and the name it is called by."""

    def __init__(self, label, program, folder, timed, name="striatum"):
        self.label, self.name = label, name
        self.tool = Tool(program, folder)
        self.timed, self.out = str(timed), Path(folder) / "timed"

    def measure(self, repo, *args, json_flag=True, want=0):
        """(wall ms, CPU ms, peak MiB, data) of one call."""
        argv = self.tool.argv(self.name, repo, args)
        done = subprocess.run([self.timed, str(self.out), *(argv if json_flag else argv[:-1])], cwd=repo,
                              env=self.tool.env, stdin=subprocess.DEVNULL, capture_output=True, timeout=600)
        wall, user, system, peak, code = map(int, self.out.read_text().split())
        if code != want:
            raise SystemExit(f"{self.label}: {' '.join(map(str, args))}: exit {code}: "
                             f"{(done.stdout + done.stderr).decode()[:400]}")
        data = json.loads(done.stdout)["data"] if json_flag and code == 0 else None
        return wall / 1e6, (user + system) / 1e3, peak / 1024, data


class Table:
    def __init__(self):
        self.rows, self.missed = [], []

    def add(self, what, unit, ours, ref=None, bar=None, value=None):
        """`value` is what the bar is held against; the ratio when it is not given."""
        ratio = ours / ref if ref else None
        held = value if value is not None else ratio
        missed = bar is not None and held is not None and held > bar
        self.rows.append({"what": what, "unit": unit, "ours": ours, "ref": ref, "ratio": ratio, "bar": bar,
                          "missed": missed})
        if missed:
            self.missed.append(what)
        text = lambda v, form: "-" if v is None else format(v, form)
        print(f"{what:44}{text(ref, '.2f'):>11}{text(ours, '.2f'):>10} {unit:4}{text(ratio, '.3f'):>8}"
              f"{text(bar, 'g'):>7}{'  MISSED' if missed else ''}", flush=True)

    @staticmethod
    def head(title):
        print(f"\n{title:44}{'reference':>11}{'ours':>10}     {'ratio':>8}{'bar':>7}")


def turns(sides, count):
    for i in range(count):
        yield from sides if i % 2 == 0 else reversed(sides)


def middle(samples):
    return tuple(statistics.median(sample[i] for sample in samples) for i in range(3))


def add_rows(table, label, found, cpu_bar, wall=True):
    ours, ref = found["ours"], found.get("ref", (None,) * 3)
    if wall:
        table.add(f"{label}: wall", "ms", ours[0], ref[0])
    table.add(f"{label}: CPU", "ms", ours[1], ref[1], cpu_bar)
    table.add(f"{label}: memory", "MiB", ours[2], ref[2], MEMORY)


def fresh(side, folder, name):
    return side.tool.repository(Path(folder) / f"{side.label}-{side.name}-{name}")


# ------------------------------------------------------------------------ small verbs

def startup(sides, folder, runs, table):
    """Reading verbs on a small run."""
    table.head("read verbs")
    repos, ids = {}, {}
    for side in sides:
        repos[side.label] = fresh(side, folder, "startup")
        flow = Flow(side.tool, side.name, repos[side.label], workflow([job(f"j{i}") for i in range(3)])).start()
        flow.claim()
        ids[side.label] = flow.run
    verbs = {"-h": (("-h",), False), "status": (("status",), True), "list runs": (("list", "runs"), True),
             "list jobs": (("list", "jobs", "--run-id", "RUN"), True), "why RUN": (("why", "RUN"), True),
             "doctor": (("doctor",), True)}
    for label, (args, json_flag) in verbs.items():
        samples = {side.label: [] for side in sides}
        for side in turns(sides, runs):
            words = [ids[side.label] if word == "RUN" else word for word in args]
            samples[side.label].append(side.measure(repos[side.label], *words, json_flag=json_flag))
        add_rows(table, label, {k: middle(v) for k, v in samples.items()}, READ_CPU)


class Measured(Flow):
    """The whole small flow, each verb measured."""

    def __init__(self, side, repo):
        review = job("review", "review", "reviewer", "rev", "finding")
        super().__init__(side.tool, side.name, repo, workflow([job("draft"), review], [edge("draft", "review")]))
        self.side, self.found = side, {}

    def do(self, *args):
        label = " ".join(args[:2] if args[0] in ("run", "branch", "workflow", "evidence") else args[:1])
        *figures, data = self.side.measure(self.repo, *args)
        label += " (review)" if label in self.found else ""
        self.found[label] = tuple(figures)
        return data

    def play(self):
        self.do("init")
        self.do("workflow", "validate", "wf/workflow.json")
        self.run = self.do("run", "prepare", "--workflow", "wf/workflow.json")["run_id"]
        self.tool.git(self.repo, "add", ".")
        self.tool.git(self.repo, "commit", "-q", "-m", "Workflow")
        self.confirm()
        self.do("run", "start", "--run-id", self.run)
        self.finish()
        held = self.claim("reviewer")
        self.ack(held)
        write(self.repo, held.paths[0], "# review\n")
        self.do("submit-review", *held.who(), "--path", held.paths[0], "--logical-name", "main", "--verdict", "accept")
        self.do("evidence", "export", "--run-id", self.run, "--path", "docs/evidence.md")
        return self.found


def lifecycle(sides, folder, runs, table, title, cpu_bar):
    table.head(title)
    flows = {side.label: [] for side in sides}
    for i, side in enumerate(turns(sides, runs + 1)):
        repo = fresh(side, folder, f"life{i}")
        found = Measured(side, repo).play()
        if i >= len(sides):  # the first flow of each side warms up
            flows[side.label].append(found)
        remove(repo)
    total = {k: statistics.median(sum(f[0] for f in flow.values()) for flow in v) for k, v in flows.items()}
    table.add("lifecycle: wall", "ms", total["ours"], total.get("ref"), LIFECYCLE)
    for verb in flows["ours"][0]:
        found = {k: middle([flow[verb] for flow in v]) for k, v in flows.items()}
        read = verb.startswith("workflow validate")
        add_rows(table, verb, found, READ_CPU if read else cpu_bar, wall=False)


# --------------------------------------------------------------------------- large runs

def generated(side, folder, jobs, events):
    repo = fresh(side, folder, f"{jobs}-{events}")
    side.tool.must(side.name, repo, "init")
    return repo, synthetic.fill(repo, jobs, events)


def scale(sides, folder, runs, table):
    """claim-next as jobs and events grow; ours alone, the bar is against itself."""
    table.head("claim-next as the state grows")
    side = next(s for s in sides if s.label == "ours")
    base = None
    for jobs, events in ((1000, 10_000), (1000, 1_000_000), (100_000, 1_000_000)):
        repo, ids = generated(side, folder, jobs, events)
        first = side.measure(repo, "claim-next", "--session-id", ids["session"])
        samples = [side.measure(repo, "claim-next", "--session-id", ids["session"]) for _ in range(runs)]
        if broken := synthetic.check(repo):
            raise SystemExit(f"the state of {jobs} jobs is unsound: {broken}")
        wall, cpu, peak = middle(samples)
        base = base or (wall, cpu)
        size = f"{jobs} jobs, {events} events"
        table.add(f"{size}: first claim (adopts them): wall", "ms", first[0])
        table.add(f"{size}: wall", "ms", wall, value=wall / base[0], bar=FLAT)
        table.add(f"{size}: CPU", "ms", cpu, value=cpu / base[1], bar=FLAT)
        table.add(f"{size}: memory", "MiB", peak)
        if jobs == 100_000:
            probes(side, repo, ids, table)
        remove(repo)


def probes(side, repo, ids, table):
    """The bar is a second."""
    table.head("what somebody waits for, 100,000 jobs")
    run = ("--run-id", ids["run"])
    verbs = {"status": ("status", *run), "list jobs": ("list", "jobs", *run), "run graph": ("run", "graph", *run),
             "dashboard": ("dashboard", *run, "--once"), "doctor": ("doctor", *run),
             "evidence export": ("evidence", "export", *run, "--path", "docs/e.md"), "why JOB": ("why", ids["queued"])}
    for label, args in verbs.items():
        wall, _, peak = middle([side.measure(repo, *args) for _ in range(3)])
        table.add(f"{label}: wall", "ms", wall, value=wall, bar=SECOND)
        table.add(f"{label}: memory", "MiB", peak)


def heavy(sides, folder, runs, table):
    """doctor and evidence export at 10,000 jobs."""
    table.head("10,000 jobs, 100,000 events")
    repos, ids = {}, {}
    for side in sides:
        repos[side.label], ids[side.label] = generated(side, folder, 10_000, 100_000)
        side.measure(repos[side.label], "claim-next", "--session-id", ids[side.label]["session"])
    for label, args in {"doctor": ("doctor",), "evidence export": ("evidence", "export", "--path", "docs/e.md")}.items():
        samples = {side.label: [] for side in sides}
        for side in turns(sides, max(1, runs // 2)):
            samples[side.label].append(side.measure(repos[side.label], *args, "--run-id", ids[side.label]["run"]))
        found = {k: middle(v) for k, v in samples.items()}
        table.add(f"{label}: wall", "ms", found["ours"][0], found.get("ref", (None,))[0], HEAVY)
        table.add(f"{label}: CPU", "ms", found["ours"][1], found.get("ref", (None, None))[1])
        table.add(f"{label}: memory", "MiB", found["ours"][2], found.get("ref", (None,) * 3)[2])




def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--reference")
    parser.add_argument("--only", default="startup,lifecycle,strict,scale,heavy")
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--json")
    parser.add_argument("--enforce", action="store_true", help="a missed bar is a failure")
    parser.add_argument("--tmp", help="disk for the throw-away repositories (default: the system's)")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=arguments.tmp))
    table = Table()
    try:
        timed = folder / "timed"
        subprocess.run([os.environ.get("CC", "cc"), "-O2", "-o", timed, HERE / "timed.c"], check=True)
        ours = Side("ours", arguments.program, folder / "ours", timed)
        sides = [ours]
        if arguments.reference:
            sides.insert(0, Side("ref", arguments.reference, folder / "ref", timed))
        else:
            print("no --reference: figures of one program only, no ratio is judged")
        print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors, {arguments.runs} runs each")
        wanted = arguments.only.split(",")
        if "startup" in wanted:
            startup(sides, folder, arguments.runs, table)
        if "lifecycle" in wanted:
            lifecycle(sides, folder, max(2, arguments.runs // 2), table, "the small flow", WRITE_CPU)
        if "strict" in wanted:
            strict = Side("ours", arguments.program, folder / "ours", timed, "git-striatum")
            both = [side for side in sides if side.label == "ref"] + [strict]
            lifecycle(both, folder, max(2, arguments.runs // 2), table, "the small flow, strict, by git-striatum",
                      STRICT_CPU)
        if "scale" in wanted:
            scale(sides, folder, arguments.runs, table)
        if "heavy" in wanted:
            heavy(sides, folder, arguments.runs, table)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(table.rows, indent=1) + "\n")
    print(f"\n{len(table.missed)} bars missed" + (": " + ", ".join(table.missed) if table.missed else ""))
    return 1 if arguments.enforce and table.missed else 0


if __name__ == "__main__":
    sys.exit(main())
