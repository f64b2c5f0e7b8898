#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds docs/schema/workflow.schema.json to what the program says about workflow files.

    check_schema.py --program PROG

Every example and every style of `workflow init` pass both; each of the mistakes below is refused by both."""
import argparse
import copy
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent
SCHEMA = json.loads((TOP / "docs" / "schema" / "workflow.schema.json").read_text())
NOTES = {"$schema", "$defs", "title", "description", "default", "deprecated"}
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def is_type(value, name):
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def conditional(schema, value):
    branch = "then" if fits(schema["if"], value) else "else"
    return fits(schema.get(branch, {}), value)


RULES = {
    "$ref": lambda s, v: fits(SCHEMA["$defs"][s["$ref"].rsplit("/", 1)[1]], v),
    "type": lambda s, v: any(is_type(v, each) for each in ([s["type"]] if isinstance(s["type"], str) else s["type"])),
    "const": lambda s, v: type(v) is type(s["const"]) and v == s["const"],
    "enum": lambda s, v: v in s["enum"],
    "pattern": lambda s, v: not isinstance(v, str) or re.search(s["pattern"], v) is not None,
    "minLength": lambda s, v: not isinstance(v, str) or len(v) >= s["minLength"],
    "minimum": lambda s, v: not is_type(v, "integer") or v >= s["minimum"],
    "maximum": lambda s, v: not is_type(v, "integer") or v <= s["maximum"],
    "minItems": lambda s, v: not isinstance(v, list) or len(v) >= s["minItems"],
    "items": lambda s, v: not isinstance(v, list) or all(fits(s["items"], each) for each in v),
    "required": lambda s, v: not isinstance(v, dict) or all(name in v for name in s["required"]),
    "properties": lambda s, v: not isinstance(v, dict) or all(fits(rule, v[n]) for n, rule in s["properties"].items() if n in v),
    "additionalProperties": lambda s, v: not isinstance(v, dict) or all(
        fits(s["additionalProperties"], each) for n, each in v.items() if n not in s.get("properties", {})),
    "anyOf": lambda s, v: any(fits(each, v) for each in s["anyOf"]),
    "allOf": lambda s, v: all(fits(each, v) for each in s["allOf"]),
    "not": lambda s, v: not fits(s["not"], v),
    "if": conditional,
    "then": lambda s, v: True,
    "else": lambda s, v: True,
}


def fits(schema, value):
    if isinstance(schema, bool):
        return schema
    return all(RULES[word](schema, value) for word in schema if word not in NOTES)


REMOVED = object()
# Place in code-change-flow, and what to put there. Both must refuse it.
MISTAKES = [
    *[((name,), REMOVED) for name in SCHEMA["required"]],
    (("schema_version",), "striatum.workflow.v2"), (("branch",), "work/x"), (("branch", "mode"), "ask"),
    (("branch", "suggested_name"), ""), (("branch",), {"mode": "auto"}), (("branch",), {}), (("lanes",), []), (("roles",), []),
    (("jobs",), {}), (("edges",), {}), (("cycles",), {}), (("jobs", 0), "implement"), (("jobs", 0, "id"), ""),
    (("jobs", 0, "id"), REMOVED), (("jobs", 0, "id"), 1), (("jobs", 0, "role_id"), REMOVED), (("jobs", 0, "type"), "dance"),
    (("jobs", 0, "expected_artifacts", 0), "x"),
    (("jobs", 0, "expected_artifacts", 0, "path"), REMOVED), (("jobs", 0, "expected_artifacts", 0, "path"), "/etc/passwd"),
    (("jobs", 0, "expected_artifacts", 0, "path"), "docs/../../x"), (("jobs", 0, "expected_artifacts", 0, "kind"), "novel"),
    (("jobs", 0, "review_posture"), "security"), (("jobs", 0, "reviewer_access_scope"), "repo_level"),
    (("jobs", 1, "review_posture"), "grumpy"), (("jobs", 1, "review_posture"), "custom: "), (("jobs", 1, "review_posture"), ""),
    (("jobs", 1, "reviewer_access_scope"), "everything"), (("jobs", 1, "reviewer_context_policy"), "stale"),
    (("jobs", 1, "required_review_postures"), ["neutral"]), (("jobs", 0, "required_review_postures"), []),
    (("jobs", 0, "required_review_postures"), ["grumpy"]), (("jobs", 1, "require_attested_lane"), "yes"),
    (("jobs", 0, "needs"), "x"), (("edges", 0), "implement"), (("edges", 0, "on"), "started"), (("edges", 0, "from"), REMOVED),
    (("edges", 0, "to"), REMOVED), (("cycles", 0), 1), (("cycles", 0, "on_verdict"), "reject"),
    (("cycles", 0, "max_iterations"), 0), (("cycles", 0, "max_iterations"), "two"), (("cycles", 0, "max_iterations"), REMOVED),
    (("lanes", "writing"), "process"), (("lanes", "writing", "adapter"), "process"),
    (("lanes", "writing"), {"adapter": "process", "command": "make"}), (("lanes", "writing"), {"adapter": "process", "command": []}),
    (("lanes", "writing"), {"adapter": "process", "command": ["make"], "env": {"A": 1}}),
    (("lanes", "writing", "adapter_timeout_seconds"), 0), (("lanes", "writing", "adapter_timeout_seconds"), 86401),
    (("lanes", "writing", "worktree_isolation"), "yes"), (("lanes", "writing", "constraints"), {"weather": "dry"}),
    (("lanes", "writing", "constraints"), {"network": "maybe"}), (("lanes", "writing", "harness_profile_id"), ""),
    (("harness_profiles",), {"p": {"tool_family": "abacus", "strategy_version": "1"}}),
    (("harness_profiles",), {"p": {"tool_family": "codex"}}), (("review_revision_policy",), {"root_review_needs_revision": "hope"}),
    (("recovery_policy",), {"eligible_after_seconds": -1}), (("recovery_policy",), {"autonomous_review_requeue": "yes"}),
    (("recovery_policy",), {"escalation_hook": {"kind": "pigeon"}}), (("provenance_mode",), "vague"), (("require_daemon",), "no"),
]
# Neither minds.
HARMLESS = [
    (("remark",), "any"), (("jobs", 0, "remark"), 1), (("jobs", 0, "lane_id"), None), (("jobs", 1, "review_posture"), "custom:my own"),
    (("recovery_policy",), None), (("branch", "suggested_name"), REMOVED), (("jobs", 0, "title"), REMOVED),
    (("lanes", "writing", "adapter_timeout_seconds"), 60), (("cycles",), []),
]


def changed(document, place, value):
    out = copy.deepcopy(document)
    inner = out
    for step in place[:-1]:
        inner = inner[step]
    if value is REMOVED:
        del inner[place[-1]]
    else:
        inner[place[-1]] = value
    return out


def accepts(program, folder, document):
    file = folder / "workflow.json"
    file.write_text(json.dumps(document))
    done = subprocess.run([program, "workflow", "validate", file], capture_output=True, text=True)
    if done.returncode not in (0, 8):
        raise SystemExit(f"exit {done.returncode}: {done.stderr}")
    return done.returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True)
    program = parser.parse_args().program
    problems = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        good = sorted(TOP.glob("examples/*-*/workflow.json")) + [TOP / "examples" / "demo" / "workflow.json"]
        for style in ("minimal", "review", "code-change"):
            subprocess.run([program, "workflow", "init", folder / style, "--style", style], check=True, capture_output=True)
            good.append(folder / style / "workflow.json")
        for file in good:
            document = json.loads(file.read_text())
            if not (fits(SCHEMA, document) and accepts(program, folder, document)):
                problems.append(f"{file}: the schema says {fits(SCHEMA, document)}")
        base = json.loads((TOP / "examples" / "code-change-flow" / "workflow.json").read_text())
        for wanted, cases in ((False, MISTAKES), (True, HARMLESS)):
            for place, value in cases:
                document = changed(base, place, value)
                answers = fits(SCHEMA, document), accepts(program, folder, document)
                if answers != (wanted, wanted):
                    shown = "removed" if value is REMOVED else json.dumps(value)
                    problems.append(f"{'.'.join(map(str, place))} {shown}: schema {answers[0]}, program {answers[1]}, wanted {wanted}")
    print("\n".join(problems) or f"{len(good)} files, {len(MISTAKES)} mistakes: schema and program agree")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
