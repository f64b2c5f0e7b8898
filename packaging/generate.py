#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what follows from the program's own tree of verbs: option lists of the manual pages, docs/CLI_REFERENCE.md, shell
completions.

    generate.py --program build/dev/git-striatum/git-striatum [--check]

With --check nothing is written: exit 1 names the files that would change."""
import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
MAN = "docs/man/generated"
SHELLS = "packaging/completions"
QUIET = {"--help", "--json"}  # said once, in git-striatum(1)
FILES = {"--path", "--workflow", "--repo", "--vsa", "--target"}


def metavar(option):
    if option["choices"]:
        return "|".join(option["choices"])
    if option["value"] == "INT":
        return "N"
    word = option["name"].lstrip("-").removesuffix("-id").split("-")[-1].upper()
    return {"WORKFLOW": "PATH", "REPO": "PATH", "JSON": "JSON", "SECONDS": "N"}.get(word, word)


def leaves(node, path=()):
    if not node["verbs"]:
        yield path, node
    for verb in node["verbs"]:
        yield from leaves(verb, (*path, verb["name"]))


def every(node, path=()):
    yield path, node
    for verb in node["verbs"]:
        yield from every(verb, (*path, verb["name"]))


# ---- manual pages

def escape(text):
    """Asciidoc marks that may stand in a help text."""
    return re.sub(r"\{(?=\w)", r"\\{", text).replace("|", "{vbar}").replace("*", "{asterisk}").replace("…", "...")


def synopsis(path, node):
    words = [f"*git striatum {' '.join(path)}*"]
    words += [(f"_{p['name']}_" if p["required"] else f"[_{p['name']}_]") for p in node["positionals"]]
    for option in node["options"]:
        if option["name"] in QUIET:
            continue
        text = f"*{option['name']}*"
        if option["value"] is not None:
            values = "{vbar}".join(option["choices"]) if option["choices"] else f"_{metavar(option)}_"
            text += f" [{values}]" if option["value_optional"] else f" {values}"
        text = text if option["required"] else f"[{text}]"
        words.append(text + ("..." if option["many"] else ""))
    return " ".join(words)


def option_entry(option):
    head = f"*{option['name']}*"
    if option["value"] is not None and not option["choices"]:
        head += f" _{metavar(option)}_"
    text = escape(option["help"])
    if option["choices"]:
        text += ": " + ", ".join(f"`{choice}`" for choice in option["choices"])
    marks = [word for word, on in (("required", option["required"]), ("repeatable", option["many"])) if on]
    return f"{head}::\n  {text}{' (' + ', '.join(marks) + ')' if marks else ''}.\n"


def options_of(path, node):
    entries = [f"_{p['name']}_::\n  {escape(p['help']) or 'See above'}.\n" for p in node["positionals"]]
    entries += [option_entry(option) for option in node["options"] if option["name"] not in QUIET]
    title = f"=== {' '.join(path)}\n{escape(node['help'])}.\n"
    return title + ("\n" + "\n".join(entries) if entries else "")


def manual(tree):
    mark = "// Written by packaging/generate.py; do not edit.\n"
    for family in tree["verbs"]:
        verbs = list(leaves(family, (family["name"],)))
        lines = " +\n".join(synopsis(path, node) for path, node in verbs)
        yield f"{MAN}/{family['name']}-synopsis.adoc", f"{mark}{lines} +\n"
        parts = "\n".join(options_of(path, node) for path, node in verbs)
        yield f"{MAN}/{family['name']}-options.adoc", f"{mark}{parts}"
    root = "\n".join(option_entry(option) for option in tree["options"] if option["name"] not in QUIET)
    yield f"{MAN}/root-options.adoc", mark + root


# ---- completions

def words_of(node):
    verbs = [verb["name"] for verb in node["verbs"]]
    return verbs + [option["name"] for option in node["options"]]


def takes_value(tree):
    names = {o["name"] for _, node in every(tree) for o in node["options"] if o["value"] is not None}
    return sorted(names)


def choice_rows(tree):
    for path, node in every(tree):
        for option in node["options"]:
            if option["choices"]:
                yield " ".join(path), option["name"], option["choices"]


def live_rows(tree):
    """`VERB OPTION` where the program itself knows what can be typed; the option is empty for an argument."""
    for path, node in every(tree):
        verb = " ".join(path)
        yield from (f"{verb} {option['name']}" for option in node["options"] if option["live"])
        yield from (f"{verb} " for positional in node["positionals"] if positional["live"])


BASH = r'''# Written by packaging/generate.py; do not edit.
# bash completion for `git striatum` (git calls _git_striatum), `striatum` and `git-striatum`.

_striatum_words()
{
    case $1 in
@WORDS@
    esac
}

_striatum_values()
{
    case "$1 $2" in
@VALUES@
    esac
}

# Where ids, branches and states of this repository are asked for: VERB OPTION.
_striatum_live()
{
    case "$1 $2" in
        @LIVE@) return 0 ;;
    esac
    return 1
}

# Takes what the program offers for the words typed so far. Names of branches can hold anything: they are quoted and
# never expanded.
_striatum_candidates()
{
    local ask=(git-striatum) line
    [[ ${#__git_C_args[@]} -gt 0 ]] && ask=(git "${__git_C_args[@]}" striatum)
    while IFS= read -r line; do
        COMPREPLY+=("$(printf '%q' "${line%%$'\t'*}")")
    done < <("${ask[@]}" __complete "${COMP_WORDS[@]:$1:COMP_CWORD-$1}" "${COMP_WORDS[COMP_CWORD]}" 2>/dev/null)
}

# Words of the verb so far, options and their values left out.
_striatum_path()
{
    local index path= word skip=
    for ((index = $1; index < COMP_CWORD; index++)); do
        word=${COMP_WORDS[index]}
        if [[ -n $skip ]]; then
            skip=
        elif [[ $word == -* ]]; then
            case $word in
                @VALUED@) skip=yes ;;
            esac
        elif [[ -n $(_striatum_words "${path:+$path }$word") ]]; then
            path="${path:+$path }$word"
        fi
    done
    printf '%s' "$path"
}

_striatum()
{
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} start=1 path values option=
    [[ ${COMP_WORDS[0]##*/} == git ]] && while [[ ${COMP_WORDS[start - 1]} != striatum && $start -lt $COMP_CWORD ]]; do
        ((start++))
    done
    path=$(_striatum_path "$start")
    values=$(_striatum_values "$path" "$previous")
    [[ $previous == -* ]] && option=$previous
    COMPREPLY=()
    if [[ $current != -* ]] && _striatum_live "$path" "$option"; then
        _striatum_candidates "$start"
        [[ -n $option || -n ${COMPREPLY[*]} ]] && return
    fi
    if [[ -n $values ]]; then
        COMPREPLY=($(compgen -W "$values" -- "$current"))
    elif case $previous in @FILES@) true ;; *) false ;; esac; then
        COMPREPLY=($(compgen -f -- "$current"))
    else
        COMPREPLY=($(compgen -W "$(_striatum_words "$path")" -- "$current"))
    fi
}

_git_striatum()
{
    _striatum
}

complete -o bashdefault -o default -F _striatum striatum git-striatum
'''


def bash(tree):
    words = "\n".join(f"        '{' '.join(path)}') echo '{' '.join(words_of(node))}' ;;" for path, node in every(tree))
    values = "\n".join(f"        '{path} {name}') echo '{' '.join(choices)}' ;;"
                       for path, name, choices in choice_rows(tree))
    live = " | ".join(f"'{row}'" for row in live_rows(tree))
    text = BASH.replace("@WORDS@", words).replace("@VALUES@", values).replace("@LIVE@", live)
    return text.replace("@VALUED@", " | ".join(takes_value(tree))).replace("@FILES@", " | ".join(sorted(FILES)))


ZSH = r'''#compdef git-striatum striatum
# Written by packaging/generate.py; do not edit.

_git-striatum()
{
    local -A known=(
@WORDS@
    )
    local -A choices=(
@VALUES@
    )
    local -a valued=(@VALUED@) files=(@FILES@) live=(@LIVE@)
    local path_= word= skip= index
    for ((index = 2; index < CURRENT; index++)); do
        word=$words[index]
        if [[ -n $skip ]]; then
            skip=
        elif [[ $word == -* ]]; then
            (( $valued[(Ie)$word] )) && skip=yes
        elif [[ -n $known[${path_:+$path_ }$word] ]]; then
            path_="${path_:+$path_ }$word"
        fi
    done
    local previous=$words[CURRENT-1] option=
    [[ $previous == -* ]] && option=$previous
    if (( $live[(Ie)$path_ $option] )) && [[ $words[CURRENT] != -* ]]; then
        local -a values=() shown=() rows
        rows=("${(@f)$(git-striatum __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
        local row
        for row in $rows; do
            values+=("${row%%$'\t'*}")
            shown+=("${row%%$'\t'*}  ${row#*$'\t'}")
        done
        (( $#values )) && compadd -l -d shown -- $values && return
        [[ -n $option ]] && return 1
    fi
    if [[ -n $choices["$path_ $previous"] ]]; then
        compadd -- ${=choices["$path_ $previous"]}
    elif (( $files[(Ie)$previous] )); then
        _files
    else
        compadd -- ${=known[${path_:-.}]}
    fi
}

_git-striatum "$@"
'''


def zsh(tree):
    words = "\n".join(f"        '{' '.join(path) or '.'}' '{' '.join(words_of(node))}'" for path, node in every(tree))
    values = "\n".join(f"        '{path} {name}' '{' '.join(choices)}'" for path, name, choices in choice_rows(tree))
    live = " ".join(f"'{row}'" for row in live_rows(tree))
    text = ZSH.replace("@WORDS@", words).replace("@VALUES@", values).replace("@LIVE@", live)
    return text.replace("@VALUED@", " ".join(takes_value(tree))).replace("@FILES@", " ".join(sorted(FILES)))


FISH = r'''# Written by packaging/generate.py; do not edit.

# Is the verb typed so far exactly this one?
function __striatum_at
    set -l words (commandline -opc)
    set -l path
    set -l skip no
    for word in $words[2..-1]
        if test $skip = yes
            set skip no
        else if contains -- $word @VALUED@
            set skip yes
        else if test "$word" != striatum; and not string match -q -- '-*' $word
            set -a path $word
        end
    end
    test "$path" = "$argv[1]"
end

# What the program offers for the words typed so far, each with what it is.
function __striatum_live
    set -l words (commandline -opc) (commandline -ct)
    git-striatum __complete $words[2..-1] 2>/dev/null
end

'''


def fish(tree):
    lines = [FISH.replace("@VALUED@", " ".join(takes_value(tree)))]
    def quoted(text):
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
    for path, node in every(tree):
        for command in ("striatum", "git-striatum"):
            when = f"-n \"__striatum_at '{' '.join(path)}'\""
            where = f"complete -c {command} -f {when}"
            lines += [f"{where} -a {verb['name']} -d {quoted(verb['help'])}\n" for verb in node["verbs"]]
            lines += [f"{where} -a '(__striatum_live)'\n" for positional in node["positionals"] if positional["live"]]
            for option in node["options"]:
                start, value = where, "" if option["value"] is None else " -r"
                if option["choices"]:
                    value = f" -x -a '{' '.join(option['choices'])}'"
                elif option["live"]:
                    value = " -x -a '(__striatum_live)'"
                elif option["name"] in FILES:
                    start, value = f"complete -c {command} {when}", " -r -F"
                lines.append(f"{start} -l {option['name'][2:]}{value} -d {quoted(option['help'])}\n")
    return "".join(lines)


# ---- docs/CLI_REFERENCE.md

def cell(text):
    return text.replace("|", "\\|")


def usage(path, node):
    words = ["git striatum", *path]
    words += [p["name"] if p["required"] else f"[{p['name']}]" for p in node["positionals"]]
    for option in node["options"]:
        if option["name"] in QUIET:
            continue
        text = option["name"]
        if option["value"] is not None:
            text += f" [{metavar(option)}]" if option["value_optional"] else f" {metavar(option)}"
        words.append((text if option["required"] else f"[{text}]") + ("..." if option["many"] else ""))
    return " ".join(words)


def rows(node):
    for p in node["positionals"]:
        yield f"| `{p['name']}` | {'yes' if p['required'] else ''} | {cell(p['help'])} |"
    for option in node["options"]:
        if option["name"] in QUIET:
            continue
        value = "" if option["value"] is None else f" {metavar(option)}"
        yield f"| `{cell(option['name'] + value)}` | {'yes' if option['required'] else ''} | {cell(option['help'])}{' (repeatable)' if option['many'] else ''} |"


REFERENCE = """# Commands

Written by packaging/generate.py from the program itself; do not edit. The manual says more about each
(`git help striatum`), [SPEC](SPEC.md#replies-of-the-verbs) what each replies. Every command takes `--json` and
`-h`.

## Everywhere

| Option | Required | Meaning |
|---|---|---|
@ROOT@

## Exit codes

| Code | Meaning |
|---|---|
@CODES@
"""


def exit_codes():
    text = (TOP / "docs/man/common/exit-status.adoc").read_text()
    return [f"| {code} | {' '.join(meaning.split())} |" for code, meaning in re.findall(r"^(\d+)::\n((?:  .*\n)+)", text, re.M)]


def reference(tree):
    text = REFERENCE.replace("@ROOT@", "\n".join(rows(tree))).replace("@CODES@", "\n".join(exit_codes()))
    for family in tree["verbs"]:
        text += f"\n## {family['name']}\n\n{family['help']}.\n"
        for path, node in leaves(family, (family["name"],)):
            if len(path) > 1:
                text += f"\n### {' '.join(path)}\n\n{node['help']}.\n"
            text += f"\n    {usage(path, node)}\n"
            table = list(rows(node))
            if table:
                text += "\n| Option | Required | Meaning |\n|---|---|---|\n" + "\n".join(table) + "\n"
    yield "docs/CLI_REFERENCE.md", text


def outputs(tree):
    yield from manual(tree)
    yield from reference(tree)
    yield f"{SHELLS}/git-striatum.bash", bash(tree)
    yield f"{SHELLS}/_git-striatum", zsh(tree)
    yield f"{SHELLS}/git-striatum.fish", fish(tree)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    shown = subprocess.run([arguments.program, "__dump-cli"], capture_output=True, check=True)
    files = dict(outputs(json.loads(shown.stdout)))
    old = {str(path.relative_to(TOP)) for path in (TOP / MAN).glob("*.adoc")} - set(files)
    changed = [name for name, text in files.items() if not (TOP / name).is_file() or (TOP / name).read_text() != text]
    if arguments.check:
        for name in (*changed, *old):
            print(f"{name}: not what the program says; run packaging/generate.py")
        sys.exit(1 if changed or old else 0)
    for name in changed:
        (TOP / name).parent.mkdir(parents=True, exist_ok=True)
        (TOP / name).write_text(files[name])
    for name in old:
        (TOP / name).unlink()


if __name__ == "__main__":
    main()
