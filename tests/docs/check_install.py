#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Installs a built tree into a folder and into a .deb, and looks at what is there.

    check_install.py --build FOLDER"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent
problems = []


def need(fact, text):
    if not fact:
        problems.append(text)


def out(*words, **more):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, **more)


def wanted():
    pages = [page.read_text().split("\n", 1)[0][2:] for page in (TOP / "docs" / "man").glob("*.adoc")]
    manual = [f"share/man/man{page[-2]}/{page[:-3]}.{page[-2]}" for page in pages] if shutil.which("asciidoctor") else []
    return [*manual, "bin/git-striatum", "bin/striatum", "bin/striatumd", "share/doc/git-striatum/copyright",
            "share/bash-completion/completions/git-striatum", "share/bash-completion/completions/striatum",
            "share/zsh/site-functions/_git-striatum", "share/fish/vendor_completions.d/git-striatum.fish",
            "share/fish/vendor_completions.d/striatum.fish", "share/fish/vendor_conf.d/git-striatum.fish"]


def check_tree(root, suffix):
    for name in wanted():
        place = root / (name + (suffix if "/man/" in name else ""))
        need(place.is_file(), f"{root.name}: {name} is not there")
    for link in ("striatum", "striatumd"):
        need(os.path.islink(root / "bin" / link) and os.readlink(root / "bin" / link) == "git-striatum",
             f"{root.name}: bin/{link} is no link to git-striatum")
    said = out(root / "bin" / "striatum", "--version")
    need(said.returncode == 0 and said.stdout.split()[-1:] == ["1.24.0"], f"{root.name}: --version says {said.stdout}{said.stderr}")


def check_help(root):
    """What `git help striatum` opens."""
    if not (shutil.which("asciidoctor") and shutil.which("man")):
        return
    env = {**os.environ, "PATH": f"{root}/bin:{os.environ['PATH']}", "MANPAGER": "cat", "MANWIDTH": "80", "TERM": "dumb"}
    env.pop("MANPATH", None)
    shown = out("git", "help", "striatum", env=env, cwd=root)
    need("git-striatum - " in re.sub(r".\x08", "", shown.stdout), f"git help striatum: {shown.stderr or shown.stdout[:200]}")


def check_deb(build, scratch):
    if not shutil.which("dpkg-shlibdeps"):
        print("the .deb is not checked: there is no dpkg-shlibdeps")
        return
    made = out("cpack", "-G", "DEB", "-B", scratch / "package", cwd=build)
    debs = list((scratch / "package").glob("*.deb"))
    need(len(debs) == 1, f"cpack made {debs}: {made.stdout}{made.stderr}")
    if len(debs) != 1:
        return
    for name in re.findall(r" (\./\S*)", out("dpkg-deb", "-c", debs[0]).stdout):
        need(name.startswith("./usr/") or name in ("./", "./usr"), f"the .deb holds {name}")
    depends = out("dpkg-deb", "-f", debs[0], "Depends").stdout
    for package in (r"git \(>= 1:2.36\)", "openssh-client", "libgit2", "libsqlite3-0", "libssl3", r"libc6 \(>= "):
        need(re.search(package, depends), f"the .deb does not depend on {package}: {depends}")
    root = scratch / "deb"
    out("dpkg-deb", "-x", debs[0], root, check=True)
    check_tree(root / "usr", ".gz")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True, type=Path)
    build = parser.parse_args().build
    scratch = Path(tempfile.mkdtemp(prefix="install-"))
    try:
        prefix = scratch / "prefix"
        done = out("cmake", "--install", build, "--prefix", prefix)
        need(done.returncode == 0, done.stderr)
        check_tree(prefix, "")
        check_help(prefix)
        check_deb(build, scratch)
    finally:
        shutil.rmtree(scratch)
    print("\n".join(problems) or "installed and packaged as it should be")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
