#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every scripted history against every verifier and compares answers with the expectation and with each other.

    run.py --verifier 'python3 ../verifier/verify.py' --verifier 'git striatum verify' [--only WORD] [--keep FOLDER]

A verifier is a command that is called in the repository with a revision, perhaps --root and --self-asserted, and
--json. Exits 1 on any disagreement."""
import argparse
import concurrent.futures
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import forgeries  # noqa: F401  (these add their histories)
import more  # noqa: F401
import rows
import texts  # noqa: F401
from lib import Keys, adopted

SAMPLE = Path(__file__).resolve().parent.parent / "verifier" / "verify.py"


def ask(command, check, repo):
    """(exit, data or None, error output)"""
    done = subprocess.run([*command, *check.args, "--json"], cwd=repo.path, env=repo.env, capture_output=True)
    try:
        data = json.loads(done.stdout)["data"]
    except (ValueError, KeyError):
        data = None
    return done.returncode, data, done.stderr.decode(errors="replace")


def triples(findings):
    return sorted(((f["kind"], f["commit"], f["path"]) for f in findings), key=str)


def summary(code, data):
    """What two verifiers must agree on."""
    if data is None or "commits" not in data:
        return {"exit": code}
    commits = [{"commit": c["commit"], "class": c["class"], "receipts": c["receipts"], "paths": c["paths"],
                "findings": triples(c["findings"])} for c in data["commits"]]
    return {"exit": code, "commits": commits, "findings": triples(data["findings"])} | {
        key: data[key] for key in ("base", "head", "anchor", "policy_version", "verified", "counts", "unreadable")}


def complaints(check, code, data, errors):
    """Differences between one answer and the expectation."""
    if code != check.exit:
        yield f"exit {code}, expected {check.exit} {errors.strip()[-300:]}"
    if check.commits is None:
        return
    if data is None or "commits" not in data:
        yield "no JSON"
        return
    got = [(c["class"], {p["path"]: p["class"] for p in c["paths"]}) for c in data["commits"]]
    if got != check.commits:
        yield f"commits {got}, expected {check.commits}"
    ids = [c["commit"] for c in data["commits"]]
    placed = lambda wanted: sorted(((kind, ids[at] if isinstance(at, int) and at < len(ids) else at, path)
                                   for kind, at, path in wanted), key=str)
    if triples(data["findings"]) != placed(check.findings):
        yield f"findings {triples(data['findings'])}, expected {placed(check.findings)}"
    if "warnings" in data and not set(placed(check.warnings)) <= set(triples(data["warnings"])):
        yield f"warnings {triples(data['warnings'])}, expected {placed(check.warnings)}"
    if "uncovered" in data and check.uncovered is not None:
        named = [tuple(row[key] for key in ("path", "kind", "added", "removed", "line")) for row in data["uncovered"]]
        if (len(named) if isinstance(check.uncovered, int) else named) != check.uncovered:
            yield f"uncovered {named}, expected {check.uncovered}"
    if data["unreadable"] != check.unreadable:
        yield f"unreadable {data['unreadable']}, expected {check.unreadable}"
    if data["verified"] != (code == 0):
        yield "verified does not fit the exit"


def difference(a, b):
    return ", ".join(f"{key}: {a.get(key)} / {b.get(key)}" for key in a.keys() | b.keys() if a.get(key) != b.get(key))


def run_history(history, template, folder, verifiers):
    """[(check label, [complaint])] of one history."""
    repo = template.copy(folder / history.__name__ / "repo")
    results = []
    for check in history(repo):
        answers = [ask(command, check, check.repo or repo) for command in verifiers]
        wrong = [f"{command[-1]}: {text}" for command, answer in zip(verifiers, answers)
                 for text in complaints(check, *answer)]
        summaries = [summary(code, data) for code, data, _ in answers]
        wrong += [f"disagree: {difference(summaries[0], other)}" for other in summaries[1:] if other != summaries[0]]
        results.append((check.label, wrong))
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--verifier", action="append", metavar="CMD", help=f"default: {SAMPLE.name}")
    parser.add_argument("--only", default="", help="histories whose name contains this")
    parser.add_argument("--keep", type=Path, help="make the repositories here and leave them")
    options = parser.parse_args()
    verifiers = [shlex.split(text) for text in options.verifier or [f"{sys.executable} {SAMPLE}"]]
    verifiers = [[str(Path(word).resolve()) if "/" in word and Path(word).exists() else word for word in words]
                 for words in verifiers]
    histories = [h for h in rows.HISTORIES if options.only in h.__name__]
    began, failed, checks = time.monotonic(), 0, 0
    with tempfile.TemporaryDirectory(prefix="histories-") as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        template = adopted(folder / "template", Keys(folder))
        for name in ("root", "human", "codex", "claude", "ci", "stranger"):
            getattr(template.keys, name)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
            jobs = [(h, pool.submit(run_history, h, template, folder, verifiers)) for h in histories]
            for history, job in jobs:
                try:
                    results = job.result()
                except Exception as error:  # a history that cannot be made is a failure of its own
                    results = [("cannot be made", [repr(error)])]
                for label, wrong in results:
                    checks, failed = checks + 1, failed + bool(wrong)
                    print(f"{'FAIL' if wrong else 'ok':4}  {history.__name__:32} {label}")
                    for text in wrong:
                        print(f"        {text}")
    print(f"{len(histories)} histories, {checks} checks, {failed} failed, {time.monotonic() - began:.1f} s")
    sys.exit(1 if failed or not checks else 0)


if __name__ == "__main__":
    main()
