#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that nothing is undocumented and that no link is dead.

    check_docs.py --program PROG

Every verb and option of the program stands in a manual page and has a help text; every exit code in the manual and
in docs/SPEC.md; every event type, state word and artifact kind of the sources in docs/SPEC.md, as does every member of
a recorded reply; every variable and configuration key in git-striatum(1). Every command that a page names is one of the
program, with its options. What is generated from the program is current; every relative link and anchor of every page
resolves; bash completes what the program has; the packages that the pages name are those of the list."""
import argparse
import json
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

TOP = Path(__file__).resolve().parent.parent.parent
MAN = TOP / "docs" / "man"
problems = []


def need(fact, text):
    if not fact:
        problems.append(text)


def nodes(node, path=()):
    yield path, node
    for verb in node["verbs"]:
        yield from nodes(verb, (*path, verb["name"]))


def read(name):
    path = TOP / name
    return path.read_text() if path.is_file() else ""


def check_verbs(program, tree):
    current = subprocess.run([TOP / "packaging" / "generate.py", "--program", program, "--check"], capture_output=True, text=True)
    need(current.returncode == 0, current.stdout + current.stderr)
    pages = {page.name: page.read_text() for page in MAN.glob("*.adoc")}
    for family in tree["verbs"]:
        for part in ("synopsis", "options"):
            line = f"include::generated/{family['name']}-{part}.adoc["
            need(any(line in text for text in pages.values()), f"no manual page has {line}")
    for name, text in pages.items():
        if name.startswith("git-striatum-"):
            need("include::common/exit-status.adoc[]" in text, f"{name}: no EXIT STATUS")
            need(f"git-striatum-{name[13:-5]}(1)" in pages["git-striatum.adoc"], f"git-striatum(1) does not name {name}")
    for path, node in nodes(tree):
        need(not path or node["help"], f"`{' '.join(path)}` has no help text")
        for option in (*node["options"], *node["positionals"]):
            need(option["help"], f"`{' '.join(path)} {option['name']}` has no help text")


def check_codes():
    header = read("core/base/error.hpp")
    codes = re.findall(r"^  \w+ = (\d+),$", header, re.M)
    need(len(codes) > 10, "no exit codes found in core/base/error.hpp")
    for code in codes:
        need(re.search(rf"^{code}::$", read("docs/man/common/exit-status.adoc"), re.M), f"exit code {code} is not in the manual")
        need(re.search(rf"^\| {code} \|", read("docs/SPEC.md"), re.M), f"exit code {code} is not in docs/SPEC.md")


def check_words():
    spec = read("docs/SPEC.md")
    sources = [path.read_text() for folder in ("core", "export", "hooks", "git-striatum") for path in (TOP / folder).rglob("*.[ch]pp")]
    words = r"run|session|queue|lease|message|artifact|decision|job|verdict|revision|human_checkpoint|checkpoint|worktree|evidence|receipt|gs"
    events = {found for text in sources for found in re.findall(rf'"((?:{words})\.[a-z_]+)"', text)} - {"run.sh"}
    need(len(events) > 20, "no event types found in the sources")
    states = re.findall(r'"([a-z_]+)"', re.sub(r"//.*", "", read("core/domain/states.hpp")))
    for word in sorted(events | set(states)):
        need(f"`{word}`" in spec, f"`{word}` is not in docs/SPEC.md")


def check_commands(tree):
    """`git striatum VERB … --option` in the pages: verbs and options that the program has."""
    count = 0
    for page in tracked("*.md", "*.adoc"):
        if page.name in ("CHANGELOG.md",) or "generated" in page.parts:
            continue
        for verb in re.findall(r"[`$] ?git striatum ([a-z][a-z-]*)", page.read_text()):
            need(any(verb == each["name"] for each in tree["verbs"]), f"{page.relative_to(TOP)}: `git striatum {verb}` is no command")
        for line in re.findall(r"git striatum ([a-z][^`|;&>\n]*)", page.read_text().replace("\\\n", " ")):
            node, words = tree, line.replace("*", " ").split()
            while words and (below := [verb for verb in node["verbs"] if verb["name"] == words[0]]):
                node, words = below[0], words[1:]
            if node is tree:
                continue  # `git striatum` in a sentence
            count += 1
            known = {option["name"] for option in (*node["options"], *tree["options"])}
            for word in words:
                name = re.match(r"\[?(--[a-z][a-z-]*)", word)
                need(not name or name[1] in known or node["verbs"], f"{page.relative_to(TOP)}: `git striatum {line.strip()}`: {word}?")
    need(count > 100, "hardly any command found in the pages")


def check_surroundings():
    """Every variable and every key of git's configuration that the sources read is in the manual."""
    manual = read("docs/man/git-striatum.adoc").lower()
    sources = "".join(path.read_text() for folder in ("core", "export", "hooks", "git-striatum") for path in (TOP / folder).rglob("*.cpp"))
    found = re.findall(r'"(STRIATUM_[A-Z_]+)"', sources) + re.findall(r'"(striatum\.[a-zA-Z]+)"', sources)
    need(len(found) > 10, "hardly any variable found in the sources")
    for name in sorted(set(found) - {"STRIATUM_AGENT_GUIDE", "STRIATUM_GEMINI_GUIDE"}):  # names of files
        need(re.search(rf"\b{name.lower()}\b", manual), f"{name} is not in git-striatum(1)")


def members(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from members(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from members(inner)


def without_rows(data):
    """A reply without what is not the program's to name: counts by state, documents of people, rows of tables."""
    data = {key: value for key, value in data.items() if key not in ("jobs", "provenance_mode", "verdicts_by_posture", "packet")}
    if "target_type" in data:
        data = {key: value if key == "events" else None for key, value in data.items()}
    return data


def check_replies():
    """Every member that a recorded reply has is described."""
    spec = read("docs/SPEC.md")
    found = set()
    for file in sorted((TOP / "tests" / "contract" / "fixtures").glob("*.json")):
        for step in json.loads(file.read_text())["steps"]:
            reply = step.get("stdout_json")
            if isinstance(reply, dict) and isinstance(reply.get("data"), dict):
                found |= set(members(without_rows(reply["data"])))
                found |= set(reply["data"].get("packet", {}))
    need(len(found) > 100, "hardly any reply is recorded")
    for name in sorted(found):
        need(re.search(rf"\b{name}\b", spec), f"member `{name}` of a reply is not in docs/SPEC.md")


# ---- links

def slug(heading):
    """The anchor of a heading as forges make it."""
    text = re.sub(r"[`*_]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def without_code(text):
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))


def anchors(path):
    text = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.M | re.S)
    return {slug(found) for found in re.findall(r"^#+ (.*)$", text, re.M)}


def tracked(*patterns):
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", *patterns], cwd=TOP, capture_output=True, text=True)
    if listed.returncode == 0:
        return [TOP / name for name in listed.stdout.split("\n") if name and (TOP / name).is_file()]
    return [path for pattern in patterns for path in TOP.rglob(pattern) if "build" not in path.parts]


def check_links():
    count = 0
    for page in tracked("*.md"):
        for target in re.findall(r"\]\(([^)\s]+)\)", without_code(page.read_text())):
            if re.match(r"[a-z]+:", target):
                continue
            count += 1
            name, _, anchor = unquote(target).partition("#")
            file = page if not name else (page.parent / name)
            need(file.exists(), f"{page.relative_to(TOP)}: {target} leads nowhere")
            if anchor and file.is_file():
                need(anchor in anchors(file), f"{page.relative_to(TOP)}: {target}: no such heading")
    need(count > 10, "hardly any link found")
    for page in MAN.glob("*.adoc"):
        text = page.read_text()
        for name in re.findall(r"include::([^\[]+)\[", text):
            need((MAN / name).is_file(), f"{page.name}: {name} is not there")
        for name in re.findall(r"\b(git-?striatum[a-z-]*)\([157]\)", text):
            need((MAN / f"{name}.adoc").is_file(), f"{page.name}: {name} is no page")


def check_packages():
    listed = {line.split()[0] for line in read("packaging/packages.list").split("\n") if line and not line.startswith("#")}
    for page in tracked("*.md", "*.adoc"):
        for words in re.findall(r"apt(?:-get)? install ([a-z0-9.+ \\\n-]+)", page.read_text()):
            for word in words.replace("\\", " ").split():
                need(word in listed or word.startswith("-"), f"{page.relative_to(TOP)}: package {word} is not in packages.list")


def completed(words):
    quoted = " ".join(f"'{word}'" for word in words)
    script = (f". '{TOP}/packaging/completions/git-striatum.bash'; COMP_WORDS=({quoted}); "
              f"COMP_CWORD={len(words) - 1}; _git_striatum; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True)
    return set(done.stdout.split())


def check_completion(tree):
    for path, node in nodes(tree):
        wanted = {verb["name"] for verb in node["verbs"]} | {option["name"] for option in node["options"]}
        for start in (["git", "striatum"], ["striatum"]):
            found = completed([*start, *path, ""])
            need(found == wanted, f"bash completes {' '.join((*start, *path))} by {sorted(found)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True)
    arguments = parser.parse_args()
    tree = json.loads(subprocess.run([arguments.program, "__dump-cli"], capture_output=True, check=True).stdout)
    check_verbs(arguments.program, tree)
    check_codes()
    check_words()
    check_commands(tree)
    check_surroundings()
    check_replies()
    check_links()
    check_packages()
    check_completion(tree)
    print("\n".join(problems) or "every verb, option, code, word and link is in order")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
