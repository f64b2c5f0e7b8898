# SPDX-License-Identifier: Apache-2.0
"""Gives two programs the same random calls and reports where they differ.

    differential.py --ref PROG --ours PROG [--seed N] [--calls N] [--jobs N]

Each scenario is one pair of repositories and up to 120 calls. A difference is either one of the entries in
allowed.py, which are counted, or it fails the run and is printed with a short list of steps that shows it.
"""

import argparse
import collections
import concurrent.futures
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import allowed
import clock
import common
from compare import Comparison
from coverage import REACHABLE
from generator import Generator
from program import Program
from world import Side

CALLS_PER_SCENARIO = 120
programs = {}


def start_programs(ref, ours, shrink_seconds):
    """Once per process: both programs, resident where possible."""
    scratch = Path(tempfile.mkdtemp(prefix="differential-"))
    programs.update(scratch=scratch, ref=Program(ref, scratch), ours=Program(ours, scratch),
                    shrink_seconds=shrink_seconds)


class World:
    """Two fresh repositories that get the same steps."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(dir=programs["scratch"]))
        self.ref = Side(programs["ref"], self.folder / "1")
        self.ours = Side(programs["ours"], self.folder / "2")
        self.comparison = Comparison(self.ref, self.ours)
        self.now = clock.START

    def run(self, step):
        """Does one step on both sides; returns the reference's reply and the differences."""
        self.now += step.get("tick", 0)
        self.ref.now = self.ours.now = self.now
        replies = self.ref.run(step), self.ours.run(step)
        if replies[0] is None:
            return None, []
        return replies[0], self.comparison.after_call(step, *replies)

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


class Outcome:
    """What the scenarios of one process found."""

    def __init__(self):
        self.calls = 0
        self.codes = collections.Counter()
        self.allowed = collections.Counter()
        self.failures = []
        self.without = set()


def scenario(seed, index, calls, without, keep_going):
    """One random scenario; stops at the first difference that is not allowed, or that makes states diverge.

    With `keep_going` it goes on after differences that leave the codes equal, to find more at once.
    """
    outcome, steps = Outcome(), []
    world = World()
    generator = Generator(random.Random(f"{seed}/{index}"), world.ref)
    try:
        while outcome.calls < calls:
            for step in generator.next():
                if common.verb_of(step.get("call", [])) in without:
                    continue
                steps.append(step)
                reply, found = world.run(step)
                if reply is None:
                    continue
                outcome.calls += 1
                outcome.codes[common.verb_of(step["call"]), reply.exit] += 1
                unknown, over = allowed.sort_out(found, outcome.allowed)
                if keep_going and unknown:
                    over = any(one.where == "exit" or one.path == ".rows" for one in unknown)
                    unknown = [one for one in unknown if one.where == "exit"] or unknown
                    outcome.failures += [(one.signature(), report(seed, index, steps, [one])) for one in unknown]
                elif unknown:
                    outcome.failures.append((unknown[0].signature(), report(seed, index, steps, unknown)))
                    over = True
                if over:
                    return outcome
        return outcome
    finally:
        world.close()


def report(seed, index, steps, unknown):
    steps = shrink(list(steps), unknown[0].signature())
    lines = [f"seed {seed}, scenario {index}:"] + [f"  {json.dumps(step, ensure_ascii=False)}" for step in steps]
    return "\n".join(lines + [difference.describe() for difference in unknown[:5]])


def shows(steps, signature):
    """Whether these steps still end in a difference of this kind."""
    world = World()
    try:
        for step in steps:
            reply, found = world.run(step)
            if reply is None:
                continue
            unknown, over = allowed.sort_out(found, collections.Counter())
            if any(difference.signature() == signature for difference in unknown):
                return step is steps[-1]
            if unknown or over:
                return False
        return False
    finally:
        world.close()


def shrink(steps, signature):
    """Drops steps, in ever smaller pieces, as long as the last one still shows the difference."""
    end, size = time.monotonic() + programs["shrink_seconds"], max(1, len(steps) // 2)
    while size and time.monotonic() < end:
        start = 0
        while start < len(steps) - 1 and time.monotonic() < end:
            fewer = steps[:start] + steps[min(start + size, len(steps) - 1):]
            if shows(fewer, signature):
                steps = fewer
            else:
                start += size
        size //= 2
    return steps


def run_all(arguments):
    outcome, known = Outcome(), set()
    outcome.without = without = set(filter(None, arguments.without.split(","))) | absent_verbs(arguments.ours)
    print("verbs that ours does not have, left out:", ", ".join(sorted(without)) or "none", flush=True)
    count = -(-arguments.calls // CALLS_PER_SCENARIO)
    with concurrent.futures.ProcessPoolExecutor(
            arguments.jobs, initializer=start_programs, initargs=(arguments.ref, arguments.ours, arguments.shrink)) as pool:
        index = 0
        pending = set()
        while outcome.calls < arguments.calls and len(outcome.failures) < arguments.stop_after:
            while len(pending) < 2 * arguments.jobs and index < 3 * count:
                pending.add(pool.submit(scenario, arguments.seed, index, CALLS_PER_SCENARIO, without,
                                        arguments.keep_going))
                index += 1
            if not pending:
                break
            done, pending = concurrent.futures.wait(pending, return_when=concurrent.futures.FIRST_COMPLETED)
            for future in done:
                part = future.result()
                outcome.calls += part.calls
                outcome.codes.update(part.codes)
                outcome.allowed.update(part.allowed)
                for signature, failure in part.failures:
                    if signature not in known:
                        print(failure, end="\n\n", flush=True)
                        outcome.failures.append(failure)
                    known.add(signature)
        for future in pending:
            future.cancel()
        list(pool.map(clean_up, range(arguments.jobs)))
    return outcome


def absent_verbs(ours):
    """Verbs of the table of coverage that our program's own list does not hold."""
    tree = json.loads(subprocess.run([ours, "__dump-cli"], capture_output=True, check=True).stdout)

    def walk(node, path):
        for child in node.get("verbs", []):
            words = [*path, child["name"]]
            yield " ".join(words)
            yield from walk(child, words)

    return set(REACHABLE) - set(walk(tree, []))


def clean_up(_):
    time.sleep(0.2)  # one for each process of the pool
    programs["ref"].close()
    programs["ours"].close()
    shutil.rmtree(programs["scratch"], ignore_errors=True)


def print_coverage(codes, without):
    """The share of the reachable (verb, exit code) pairs that were met; returns it."""
    reachable = {(verb, code) for verb, exits in REACHABLE.items() if verb not in without for code in exits}
    met = {pair for pair in codes if pair in reachable}
    beyond = sorted(pair for pair in codes if pair not in reachable and pair[0] in REACHABLE)
    print(f"coverage: {len(met)} of {len(reachable)} reachable (verb, exit code) pairs "
          f"= {100 * len(met) / len(reachable):.1f} %")
    print("  not met:", ", ".join(f"{verb} {code}" for verb, code in sorted(reachable - met)) or "none")
    if beyond:
        print("  not in the table:", ", ".join(f"{verb} {code} ({codes[verb, code]})" for verb, code in beyond))
    return len(met) / len(reachable)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ref", required=True)
    parser.add_argument("--ours", required=True)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--stop-after", type=int, default=5, help="failures to collect")
    parser.add_argument("--shrink", type=float, default=60, help="seconds spent on shortening each failure")
    parser.add_argument("--keep-going", action="store_true", help="look for more differences behind the first")
    parser.add_argument("--without", default="", help="verbs to leave out, separated by commas")
    parser.add_argument("--coverage", type=float, default=0.0, help="least share of reachable pairs, e.g. 0.9")
    arguments = parser.parse_args()
    begun = time.monotonic()
    outcome = run_all(arguments)
    print(f"{outcome.calls} calls in {time.monotonic() - begun:.0f} s, seed {arguments.seed}")
    share = print_coverage(outcome.codes, outcome.without)
    print("allowed differences:" if outcome.allowed else "allowed differences: none")
    for name, count in sorted(outcome.allowed.items()):
        print(f"  {count:6} {name}: {allowed.BY_NAME[name].contract}")
    print(f"{len(outcome.failures)} unknown differences")
    return 1 if outcome.failures or share < arguments.coverage else 0


if __name__ == "__main__":
    sys.exit(main())
