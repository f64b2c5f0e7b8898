# SPDX-License-Identifier: Apache-2.0
"""Skills, plugins and the documents of `init`: what is written, what is left alone, what `doctor` sees.

usage: test_skills.py PROGRAM [unittest options]"""
import hashlib
import json
import os
import re
import shlex
import sys
import unittest
from pathlib import Path

import lab

PROGRAM = None
SKILLS = ["workflow", "scaffold", "claim-loop", "supervise", "recover"]
DOCUMENTS = ["docs/SPEC.md", "docs/PRD.md", "docs/DECISION_LOG.md", "docs/UBIQUITOUS_LANGUAGE.md", "docs/DDD.md",
             "docs/rfcs/README.md", "docs/rfcs/0001-template.md"]


def sha(data):
    return hashlib.sha256(data).hexdigest()


def tree(folder):
    """Every file below the folder but git's: its bytes, or where a link leads."""
    out = {}
    for path in sorted(Path(folder).rglob("*")):
        name = str(path.relative_to(folder))
        if name.startswith((".git/", ".striatum/state", ".striatum/write")) or (path.is_dir() and not path.is_symlink()):
            continue
        out[name] = os.readlink(path) if path.is_symlink() else path.read_bytes()
    return out


class Case(unittest.TestCase):
    def setUp(self):
        self.lab = lab.linked(self.addCleanup, PROGRAM)
        self.folder = str(self.lab.folder)
        self.repo = self.lab.repo(trusted=())

    def call(self, *args, **more):
        return self.repo.call(*args, **more)

    def statuses(self, data):
        return {row["path"]: row["status"] for row in data["files"]}

    def problems(self):
        return self.call("doctor", "--verbose")["problem_records"]


class Skills(Case):
    def test_files_of_each_profile(self):
        wanted = {"claude_code": [f".claude/skills/striatum-{skill}/SKILL.md" for skill in SKILLS],
                  "codex": [f".codex/agents/striatum-{skill}.md" for skill in SKILLS],
                  "gemini": ["striatum-STRIATUM_GEMINI_GUIDE.md"], "generic": ["striatum-STRIATUM_AGENT_GUIDE.md"]}
        manifests = {"claude_code": ".claude/skills/striatum-workflow/.manifest.json",
                     "codex": ".codex/agents/striatum-workflow.manifest.json",
                     "gemini": "striatum-STRIATUM_GEMINI_GUIDE.manifest.json",
                     "generic": "striatum-STRIATUM_AGENT_GUIDE.manifest.json"}
        self.assertEqual(set(tree(self.repo.path)), {"README.md", "src/add.py"})
        preview = self.call("skills", "install", "--profile", "all", "--dry-run")
        self.assertEqual(set(tree(self.repo.path)), {"README.md", "src/add.py"})
        data = self.call("skills", "install", "--profile", "all")
        self.assertEqual(list(data), ["dry_run", "namespace", "profile", "results", "scope"])
        self.assertEqual([result["profile"] for result in data["results"]], list(wanted))
        files = tree(self.repo.path)
        for result, dry in zip(data["results"], preview["results"]):
            profile = result["profile"]
            self.assertEqual([row["path"] for row in result["files"]], wanted[profile])
            self.assertEqual(dry["manifest_path"], result["manifest_path"])
            self.assertEqual(result["manifest_path"], str(self.repo.path / manifests[profile]))
            for row, told in zip(result["files"], dry["files"]):
                self.assertEqual((row["status"], told["status"], row["sha256_before"]), ("written", "dry_run", None))
                self.assertEqual(sha(files[row["path"]]), row["sha256_after"])
                self.assertEqual(row["sha256_after"], told["sha256_after"])
            manifest = json.loads(files[manifests[profile]])
            self.assertEqual(list(manifest), ["schema_version", "striatum_version", "generated_at", "profile", "namespace",
                                              "scope", "files"])
            self.assertEqual([entry["path"] for entry in manifest["files"]], sorted(wanted[profile]))
            for entry in manifest["files"]:
                self.assertEqual(entry["sha256"], sha(files[entry["path"]]))
        self.assertEqual([files[name] for name in wanted["codex"]], [files[name] for name in wanted["claude_code"]])

    def test_texts(self):
        self.call("skills", "install", "--profile", "all")
        for name, data in tree(self.repo.path).items():
            text = data.decode()
            if "SKILL" in name or "STRIATUM" in name:
                self.assertNotRegex(text, r"https?://|\{\{|\}\}")
                self.assertNotIn(self.folder, text)
                self.assertTrue(all(len(line) < 200 for line in text.split("\n") if not line.startswith(("|", "description"))
                                    and "{" not in line and "--" not in line), name)
            if name.endswith("SKILL.md"):
                skill = name.split("/")[-2]
                self.assertEqual(text.split("\n")[:2], ["---", f"name: {skill}"])

    def test_second_call_changes_nothing(self):
        self.call("skills", "install", "--profile", "all")
        before = {path: (path.stat().st_ino, path.read_bytes()) for path in self.repo.path.rglob("*") if path.is_file()}
        for result in self.call("skills", "install", "--profile", "all")["results"]:
            self.assertEqual({row["status"] for row in result["files"]}, {"skipped_unchanged"})
        after = {path: (path.stat().st_ino, path.read_bytes()) for path in self.repo.path.rglob("*") if path.is_file()}
        self.assertEqual(before, after)

    def test_edited_foreign_and_older_files(self):
        guide = "striatum-STRIATUM_AGENT_GUIDE.md"
        install = ["skills", "install", "--profile", "generic"]
        self.repo.write(guide, "my own notes\n")
        data = self.call(*install)
        self.assertEqual(self.statuses(data), {guide: "refused_modified"})
        self.assertEqual(data["files"][0]["sha256_before"], sha(b"my own notes\n"))
        self.assertEqual(self.repo.read(guide), "my own notes\n")
        self.assertEqual(self.statuses(self.call(*install, "--force", "--dry-run")), {guide: "dry_run"})
        self.assertEqual(self.statuses(self.call(*install, "--force")), {guide: "written"})
        fresh = self.repo.read(guide)
        # As an older version wrote it and nobody touched it: renewed without a word.
        manifest_path = self.repo.path / "striatum-STRIATUM_AGENT_GUIDE.manifest.json"
        manifest = json.loads(manifest_path.read_text())
        self.repo.write(guide, "older\n")
        manifest["files"][0]["sha256"] = sha(b"older\n")
        manifest_path.write_text(json.dumps(manifest))
        self.assertEqual(self.statuses(self.call(*install)), {guide: "written"})
        self.assertEqual(self.repo.read(guide), fresh)
        # Edited: kept, and the manifest keeps what it knew.
        known = json.loads(manifest_path.read_text())["files"]
        self.repo.write(guide, fresh + "and mine\n")
        self.assertEqual(self.statuses(self.call(*install)), {guide: "refused_modified"})
        self.assertEqual(json.loads(manifest_path.read_text())["files"], known)
        # The same bytes without a manifest are adopted.
        self.repo.write(guide, fresh)
        manifest_path.unlink()
        self.assertEqual(self.statuses(self.call(*install)), {guide: "skipped_unchanged"})
        self.assertEqual(json.loads(manifest_path.read_text())["files"], known)

    def test_namespace(self):
        data = self.call("skills", "install", "--profile", "generic", "--namespace", "")
        self.assertEqual(self.statuses(data), {"STRIATUM_AGENT_GUIDE.md": "written"})
        self.call("skills", "install", "--namespace", "team.")
        text = self.repo.read(".claude/skills/team.workflow/SKILL.md")
        self.assertIn("name: team.workflow\n", text)
        self.assertIn("`team.claim-loop`", text)
        self.assertNotIn("striatum-claim-loop", text)
        before = tree(self.folder)
        for name in ("../out/", "a/b", "/tmp/x", "A", "-x", "x y", "x'", "\u00e9"):
            code, error = self.repo.fails("skills", "install", "--namespace=" + name)
            self.assertEqual(code, 4, name)
        self.assertEqual(tree(self.folder), before)

    def test_scope_user(self):
        data = self.call("skills", "install", "--scope", "user")
        self.assertEqual(data["scope"], "user")
        self.assertTrue((self.lab.home / ".claude/skills/striatum-recover/SKILL.md").is_file())
        self.assertFalse((self.repo.path / ".claude").exists())
        self.assertEqual(self.repo.fails("skills", "install", "--scope", "user", env={"HOME": ""})[0], 4)

    def test_nothing_is_written_through_links_or_over_folders(self):
        outside = Path(self.folder) / "outside"
        outside.mkdir()
        (self.repo.path / ".codex").symlink_to(outside)
        code, error = self.repo.fails("skills", "install", "--profile", "all")
        self.assertEqual(code, 6)
        self.assertIn(".codex", error["message"])
        self.assertFalse((self.repo.path / ".claude").exists(), "claude_code was written before codex was looked at")
        self.assertEqual(list(outside.iterdir()), [])
        (self.repo.path / ".codex").unlink()
        (self.repo.path / "striatum-STRIATUM_AGENT_GUIDE.md").mkdir()
        self.assertEqual(self.repo.fails("skills", "install", "--profile", "all")[0], 6)
        self.assertFalse((self.repo.path / ".claude").exists())

    def test_bad_words(self):
        self.assertEqual(self.lab.run([self.lab.program, "skills", "install", "--profile", "vim"], self.repo.path, False).returncode, 2)
        for flag, word in (("--with-skills", "vim"), ("--with-plugins", "vim"), ("--with-plugins", "all")):
            code, error = self.repo.fails("init", flag, word)
            self.assertEqual(code, 4)
            self.assertIn(word, error["message"])
            self.assertFalse((self.repo.path / ".striatum").exists())

    def test_name_of_the_program(self):
        self.call("skills", "install", "--profile", "generic")
        self.assertIn("`striatum VERB --help`", self.repo.read("striatum-STRIATUM_AGENT_GUIDE.md"))
        self.lab.program = str(self.lab.folder / "bin/git-striatum")
        self.assertEqual(set(self.statuses(self.call("skills", "install", "--profile", "generic")).values()), {"written"})
        self.assertIn("`git striatum VERB --help`", self.repo.read("striatum-STRIATUM_AGENT_GUIDE.md"))


class Commands(Case):
    """Every command line of every text that is installed means something to the program."""

    def lines(self, text):
        for block in re.findall(r"^ *```sh\n(.*?)^ *```", text, re.M | re.S):
            yield from (line.strip() for line in block.strip().split("\n"))
        text = re.sub(r"^ *```sh\n.*?^ *```", "", text, flags=re.M | re.S)
        yield from (found for found in re.findall(r"`((?:git )?striatum [^`]*)`", text))

    def test_all(self):
        self.call("init", "--with-skills", "all")
        self.call("plugin", "install", "--profile", "all")
        seen = set()
        for name, data in tree(self.repo.path).items():
            if not name.endswith((".md", ".toml", ".json")):
                continue
            for line in self.lines(data.decode()):
                seen.add(line)
        self.assertGreater(len(seen), 30)
        for line in sorted(seen):
            words = shlex.split(line)
            if "VERB" in words:
                continue
            # A value in capitals stands for one that fits: a word of the choices, or a text.
            fitting = {"VERDICT": "accept", "KIND": "handoff"}
            done = self.lab.run([fitting.get(word, word) for word in words], self.repo.path, check=False)
            self.assertNotEqual(done.returncode, 2, f"{line}\n{done.stderr}{done.stdout}")


class Plugins(Case):
    FILES = {"claude_code": [".claude-plugin/plugin.json", *[f"skills/striatum-{skill}/SKILL.md" for skill in SKILLS],
                             *[f"commands/{name}.md" for name in ("claim-next", "status", "why", "dashboard", "doctor")],
                             "hooks/hooks.json", ".mcp.json", "README.md"],
             "gemini": ["gemini-extension.json", "GEMINI.md", *[f"skills/striatum-{skill}/SKILL.md" for skill in SKILLS],
                        *[f"commands/{name}.toml" for name in ("claim-next", "status", "why", "dashboard", "doctor")],
                        "agents/striatum-recover.md", "README.md"]}
    FILES["codex"] = [".codex-plugin/plugin.json", *FILES["claude_code"][1:]]

    def test_files(self):
        data = self.call("plugin", "install", "--profile", "all")
        self.assertEqual(sorted(data), ["profile", "results"])
        for result in data["results"]:
            profile = result["profile"]
            root = self.repo.path / ".striatum/plugins" / profile
            self.assertEqual(result["bundle_root"], str(root))
            self.assertEqual([row["path"] for row in result["files"]], self.FILES[profile])
            self.assertEqual(len(result["files"]), 14)
            self.assertEqual(sorted(tree(root)), sorted([*self.FILES[profile], ".manifest.json"]))
            for name, content in tree(root).items():
                self.assertNotRegex(content.decode(), r"(https?|git|file|ssh|ftp)://|/home/|\{\{", name)
                if name.endswith(".json"):
                    json.loads(content)
        claude = json.loads((self.repo.path / ".striatum/plugins/claude_code/.claude-plugin/plugin.json").read_text())
        self.assertEqual((claude["name"], claude["version"], claude["license"]), ("striatum", "1.24.0", "Apache-2.0"))
        skill = self.repo.read(".striatum/plugins/gemini/skills/striatum-claim-loop/SKILL.md")
        self.assertIn("`striatum-recover`", skill)

    def test_hooks_only_read(self):
        """What a plugin runs by itself changes nothing, with a state and without one."""
        self.call("plugin", "install")
        hooks = json.loads(self.repo.read(".striatum/plugins/claude_code/hooks/hooks.json"))["hooks"]
        commands = [hook["command"] for event in hooks.values() for group in event for hook in group["hooks"]]
        self.assertTrue(commands)
        for command in commands:
            self.lab.run(["sh", "-c", command], self.repo.path)
        self.assertFalse((self.repo.path / ".striatum/state.sqlite3").exists())
        self.call("init")
        before = tree(self.repo.path)
        for command in commands:
            done = self.lab.run(["sh", "-c", command], self.repo.path)
            self.assertIn('"ok":true', done.stdout)
        self.assertEqual(tree(self.repo.path), before)

    def test_marketplace(self):
        listed = self.repo.path / ".striatum/plugins/marketplace.json"
        self.assertIsNone(self.call("plugin", "install", "--no-marketplace")["marketplace"])
        self.assertIsNone(self.call("plugin", "install", "--dry-run")["marketplace"])
        self.assertFalse(listed.exists())
        self.assertEqual(self.call("plugin", "install")["marketplace"], {"path": str(listed), "appended": True})
        self.assertEqual(self.call("plugin", "install")["marketplace"], {"path": str(listed), "updated": True})
        self.assertEqual(self.call("plugin", "install", "--profile", "gemini")["marketplace"],
                         {"skipped": True, "reason": "gemini has no marketplace concept"})
        document = json.loads(listed.read_text())
        self.assertEqual(document["name"], "local-striatum")
        self.assertEqual([(entry["name"], entry["source"]) for entry in document["plugins"]],
                         [("striatum", {"source": "local", "path": "./claude_code"})])
        document["plugins"].insert(0, {"name": "theirs"})
        document["owner"] = {"name": "Ann"}
        listed.write_text(json.dumps(document))
        self.call("plugin", "install", "--profile", "codex")
        self.call("plugin", "uninstall", "--profile", "claude_code")
        kept = json.loads(listed.read_text())
        self.assertEqual(([entry["name"] for entry in kept["plugins"]], kept["owner"]), (["theirs", "striatum"], {"name": "Ann"}))
        listed.write_text("{ not json")
        before = tree(self.repo.path)
        self.assertEqual(self.repo.fails("plugin", "install")[0], 4)
        self.assertEqual(tree(self.repo.path), before)
        self.call("plugin", "install", "--no-marketplace")

    def test_uninstall(self):
        self.assertEqual(self.call("plugin", "uninstall"), {"profile": "claude_code", "status": "not_installed", "removed": []})
        self.call("plugin", "install")
        root = self.repo.path / ".striatum/plugins/claude_code"
        (root / "README.md").write_text("mine\n")
        before = tree(root)
        data = self.call("plugin", "uninstall")
        self.assertEqual((data["status"], data["removed"], data["refused"]),
                         ("refused", [], [{"path": "README.md", "reason": "modified"}]))
        self.assertEqual(tree(root), before)
        (root / "notes.txt").write_text("mine too\n")
        data = self.call("plugin", "uninstall", "--force")
        self.assertEqual((data["status"], len(data["removed"])), ("uninstalled", 14))
        self.assertEqual(list(tree(root)), ["notes.txt"])
        self.assertFalse((root.parent / "marketplace.json").exists())
        (root / "notes.txt").unlink()
        root.rmdir()
        self.call("plugin", "install")
        self.call("plugin", "uninstall")
        self.assertFalse(root.exists())

    def test_manifest_of_a_stranger(self):
        """A repository can hold any manifest: nothing outside of the bundle is ever removed or read through a link."""
        self.call("plugin", "install")
        root = self.repo.path / ".striatum/plugins/claude_code"
        manifest = json.loads((root / ".manifest.json").read_text())
        victim = self.repo.path / "README.md"
        for path in ("../../../README.md", str(victim)):
            manifest["files"] = [{"path": path, "sha256": sha(victim.read_bytes()), "template": "", "template_sha256": ""}]
            (root / ".manifest.json").write_text(json.dumps(manifest))
            self.assertEqual(self.repo.fails("plugin", "uninstall", "--force")[0], 6)
            self.assertTrue(victim.exists())
        (root / "link").symlink_to(victim)
        manifest["files"][0]["path"] = "link"
        (root / ".manifest.json").write_text(json.dumps(manifest))
        self.assertEqual(self.call("plugin", "uninstall", "--force")["status"], "refused")
        self.assertTrue(victim.exists())

    def test_another_namespace(self):
        self.call("plugin", "install")
        self.call("plugin", "install", "--namespace", "team")
        skills = self.repo.path / ".striatum/plugins/claude_code/skills"
        self.assertEqual(sorted(path.name for path in skills.iterdir()), sorted(f"team-{skill}" for skill in SKILLS))
        for name in ("", "../x", 'a"b'):
            self.assertEqual(self.repo.fails("plugin", "install", "--namespace", name)[0], 4)

    def test_user_scope_and_target(self):
        for profile, where in (("claude_code", ".claude/plugins/striatum"), ("codex", ".codex/plugins/striatum"),
                               ("gemini", ".gemini/extensions/striatum")):
            data = self.call("plugin", "install", "--profile", profile, "--scope", "user")
            self.assertEqual((data["bundle_root"], data["marketplace"]), (str(self.lab.home / where), None))
            self.assertTrue((self.lab.home / where / ".manifest.json").is_file())
            self.assertEqual(self.call("plugin", "uninstall", "--profile", profile, "--scope", "user")["status"], "uninstalled")
            self.assertFalse((self.lab.home / where).exists())
        self.call("plugin", "install", "--target", "../elsewhere")
        self.assertTrue((Path(self.folder) / "elsewhere/.striatum/plugins/claude_code/README.md").is_file())


class Drift(Case):
    def test_skills(self):
        self.call("init", "--with-skills", "all")
        self.assertEqual(self.problems(), [])
        (self.repo.path / ".claude/skills/striatum-recover/SKILL.md").unlink()
        guide = self.repo.path / "striatum-STRIATUM_AGENT_GUIDE.manifest.json"
        manifest = json.loads(guide.read_text())
        manifest["files"][0]["template_sha256"] = "0" * 64
        guide.write_text(json.dumps(manifest))
        missing, outdated = self.problems()
        where = str(self.repo.path / ".claude/skills/striatum-workflow/.manifest.json")
        command = f"striatum --repo {self.repo.path} skills install --profile "
        self.assertEqual(missing, {"check": "skills_missing", "id": where, "context": {
            "profile": "claude_code", "manifest_path": where, "missing": [".claude/skills/striatum-recover/SKILL.md"],
            "recovery_command": command + "claude_code"}})
        self.assertEqual(outdated, {"check": "skills_outdated", "id": str(guide), "context": {
            "profile": "generic", "manifest_path": str(guide), "manifest_version": "1.24.0", "running_version": "1.24.0",
            "templates_changed": ["generic/STRIATUM_AGENT_GUIDE.md.tmpl"], "recovery_command": command + "generic"}})
        for record in (missing, outdated):
            self.lab.run([self.lab.program, *shlex.split(record["context"]["recovery_command"])[1:]], self.folder)
        self.assertEqual(self.problems(), [])

    def test_the_way_out_of_an_edited_old_file(self):
        self.call("init", "--with-skills", "generic")
        guide = self.repo.path / "striatum-STRIATUM_AGENT_GUIDE.manifest.json"
        older = guide.read_text().replace('"striatum_version": "1.24.0"', '"striatum_version": "1.2.0"')
        guide.write_text(older)
        self.repo.write("striatum-STRIATUM_AGENT_GUIDE.md", "mine\n")
        record = self.problems()[0]
        self.assertEqual(record["context"]["manifest_version"], "1.2.0")
        self.assertFalse(record["context"]["recovery_command"].endswith(" --force"), "nothing is gained by it")
        guide.write_text(re.sub(r'"template_sha256": "\w+"', '"template_sha256": "' + "0" * 64 + '"', older))
        record = self.problems()[0]
        self.assertTrue(record["context"]["recovery_command"].endswith(" --force"))
        self.lab.run([self.lab.program, *shlex.split(record["context"]["recovery_command"])[1:]], self.folder)
        self.assertEqual(self.problems(), [])

    def test_plugins(self):
        self.call("init", "--with-plugins")
        root = self.repo.path / ".striatum/plugins/claude_code"
        (root / "commands/why.md").unlink()
        manifest = json.loads((root / ".manifest.json").read_text())
        manifest["striatum_version"] = "1.0.0"
        (root / ".manifest.json").write_text(json.dumps(manifest))
        self.assertEqual([(record["check"], record["context"].get("missing")) for record in self.problems()],
                         [("plugin_missing", ["commands/why.md"]), ("plugin_outdated", None)])
        self.call("plugin", "install")
        self.assertEqual(self.problems(), [])

    def test_other_namespaces_by_our_own_name(self):
        self.call("init")
        self.call("skills", "install", "--profile", "generic", "--namespace", "")
        (self.repo.path / "STRIATUM_AGENT_GUIDE.md").unlink()
        self.assertEqual(self.problems(), [])
        self.lab.program = str(self.lab.folder / "bin/git-striatum")
        self.assertTrue(self.problems()[0]["context"]["recovery_command"].endswith("--profile generic --namespace ''"))

    def test_broken_manifests_are_silent(self):
        self.call("init", "--with-skills", "generic")
        for data in (b"\xff\xfe", b"[]", b'{"schema_version":"other"}', b'{"schema_version":"striatum.skills.manifest.v1"}',
                     b'{"schema_version":"striatum.skills.manifest.v1","files":[1,{"path":"../../x"}]}'):
            self.repo.write("striatum-STRIATUM_AGENT_GUIDE.manifest.json", data)
            self.call("doctor")


class Layout(Case):
    def layout(self, *flags):
        data = self.call("init", "--with-ddd-layout", *flags)["ddd_layout"]
        self.assertEqual([row["path"] for row in data["files"]], DOCUMENTS)
        self.assertEqual((sorted(data), data["layout"]), (["dry_run", "files", "layout"], "ddd"))
        return {row["path"]: row for row in data["files"]}

    def test_plain(self):
        self.assertNotIn("ddd_layout", self.call("init"))
        self.assertNotIn("ddd_layout", self.call("init", "--ddd-layout-force", "--ddd-layout-dry-run"))
        self.assertEqual({row["status"] for row in self.layout("--ddd-layout-dry-run").values()}, {"would_create"})
        self.assertFalse((self.repo.path / "docs").exists())
        self.assertEqual({row["status"] for row in self.layout().values()}, {"created"})
        for name in DOCUMENTS:
            first = self.repo.read(name).split("\n", 1)[0]
            self.assertTrue(first.startswith("<!--") and first.endswith("-->"))
            self.assertIn("striatum init --with-ddd-layout", first)
            self.assertIn("RFC 0021", first)
            self.assertIn("TODO", self.repo.read(name))
        self.assertEqual({(row["status"], row["reason"]) for row in self.layout().values()}, {("skipped", "exists")})

    def test_force(self):
        self.repo.write("docs/SPEC.md", "ours\n")
        (self.repo.path / "docs/SPEC.md").chmod(0o600)
        self.assertEqual(self.layout("--ddd-layout-force", "--ddd-layout-dry-run")["docs/SPEC.md"],
                         {"path": "docs/SPEC.md", "status": "would_overwrite", "prior_sha256": sha(b"ours\n")})
        self.assertEqual(self.repo.read("docs/SPEC.md"), "ours\n")
        self.assertEqual(self.layout("--ddd-layout-force")["docs/SPEC.md"],
                         {"path": "docs/SPEC.md", "status": "overwritten", "prior_sha256": sha(b"ours\n")})
        self.assertEqual((self.repo.path / "docs/SPEC.md").stat().st_mode & 0o777, 0o600)

    def test_obstacles(self):
        docs = self.repo.path / "docs"
        (docs / "SPEC.md").mkdir(parents=True)
        os.mkfifo(docs / "PRD.md")
        (docs / "DDD.md").symlink_to("nowhere")
        (docs / "DECISION_LOG.md").symlink_to("../README.md")
        (docs / "rfcs").write_text("a file\n")
        for flags in ((), ("--ddd-layout-force",)):
            found = self.layout(*flags)
            for name in ("docs/SPEC.md", "docs/PRD.md", "docs/DDD.md"):
                self.assertEqual(found[name]["status"], "error")
                self.assertIn("not a regular file", found[name]["reason"])
            self.assertTrue(found["docs/rfcs/README.md"]["reason"].startswith("NotADirectoryError: "))
        self.assertEqual(self.layout()["docs/DECISION_LOG.md"]["status"], "skipped")
        self.assertEqual(self.layout("--ddd-layout-force")["docs/DECISION_LOG.md"]["status"], "error")
        self.assertEqual(self.repo.read("README.md"), "A thing.\n")
        self.assertEqual(self.layout("--ddd-layout-dry-run")["docs/rfcs/README.md"]["status"], "would_error")
        self.assertTrue((docs / "DDD.md").is_symlink())

    def test_never_leaves_the_repository(self):
        outside = Path(self.folder) / "outside"
        outside.mkdir()
        (self.repo.path / "docs").symlink_to(outside)
        self.assertEqual({row["status"] for row in self.layout("--ddd-layout-force").values()}, {"error"})
        self.assertEqual(list(outside.iterdir()), [])

    def test_everything_at_once(self):
        data = self.call("init", "--with-skills", "all", "--with-plugins", "gemini", "--with-ddd-layout")
        self.assertEqual(sorted(data), ["db", "ddd_layout", "plugins", "skills", "state_dir"])
        self.assertEqual((data["skills"]["profile"], data["plugins"]["profile"]), ("all", "gemini"))
        self.assertEqual(self.call("init", "--with-skills", "--json")["skills"]["profile"], "claude_code")


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
