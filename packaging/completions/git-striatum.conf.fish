# SPDX-License-Identifier: Apache-2.0
# fish up to 3.6 loads no completion of git's own for commands that it does not know; this sends it to git-striatum's.

function __striatum_behind_git
    set -l words (commandline -opc)
    set -l at (contains -i -- striatum $words); or return
    set -l rest (string escape -- $words[(math $at + 1)..-1])
    complete -C (string join ' ' -- git-striatum $rest (commandline -ct))
end

complete -c git -f -n '__fish_git_using_command striatum' -a '(__striatum_behind_git)'
complete -c git -f -n __fish_git_needs_command -a striatum -d 'Coordinate coding agents'
