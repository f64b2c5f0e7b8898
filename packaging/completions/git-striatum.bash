# Written by packaging/generate.py; do not edit.
# bash completion for `git striatum` (git calls _git_striatum), `striatum` and `git-striatum`.

_striatum_words()
{
    case $1 in
        '') echo 'init key trust hooks skills plugin workflow run branch checkpoint decision override-verdict evidence register-session session claim-next ack heartbeat publish-artifact complete submit-review verdict block release send worktree status why list dashboard log doctor recovery apply verify receipt hook --help --repo --daemon --no-daemon --request-id --version' ;;
        'init') echo '--help --restore --forget --with-skills --with-plugins --with-ddd-layout --ddd-layout-force --ddd-layout-dry-run --json' ;;
        'key') echo 'create list export --help' ;;
        'key create') echo '--help --role --no-passphrase --json' ;;
        'key list') echo '--help --json' ;;
        'key export') echo '--help --allowed-signers --principal --json' ;;
        'trust') echo 'init add retire policy show --help' ;;
        'trust init') echo '--help --root --json' ;;
        'trust add') echo '--help --principal --valid-after --valid-before --json' ;;
        'trust retire') echo '--help --reason --json' ;;
        'trust policy') echo '--help --json' ;;
        'trust show') echo '--help --json' ;;
        'hooks') echo 'install uninstall status --help' ;;
        'hooks install') echo '--help --all --chain --dry-run --json' ;;
        'hooks uninstall') echo '--help --chain --dry-run --json' ;;
        'hooks status') echo '--help --probe --json' ;;
        'skills') echo 'install --help' ;;
        'skills install') echo '--help --profile --scope --namespace --force --dry-run --json' ;;
        'plugin') echo 'install uninstall --help' ;;
        'plugin install') echo '--help --profile --scope --namespace --force --target --dry-run --with-marketplace --no-marketplace --json' ;;
        'plugin uninstall') echo '--help --profile --scope --namespace --force --target --json' ;;
        'workflow') echo 'validate plan graph init --help' ;;
        'workflow validate') echo '--help --json' ;;
        'workflow plan') echo '--help --json' ;;
        'workflow graph') echo '--help --format --json' ;;
        'workflow init') echo '--help --style --json' ;;
        'run') echo 'prepare start pause resume cancel retry-job summary graph --help' ;;
        'run prepare') echo '--help --workflow --json' ;;
        'run start') echo '--help --run-id --json' ;;
        'run pause') echo '--help --run-id --reason --json' ;;
        'run resume') echo '--help --run-id --json' ;;
        'run cancel') echo '--help --run-id --reason --json' ;;
        'run retry-job') echo '--help --run-id --job-id --json' ;;
        'run summary') echo '--help --run-id --path --json' ;;
        'run graph') echo '--help --run-id --format --graph-style --graph-orient --json' ;;
        'branch') echo 'confirm --help' ;;
        'branch confirm') echo '--help --run-id --branch --create --use-current --strict --again --allow-protected --json' ;;
        'checkpoint') echo 'resolve --help' ;;
        'checkpoint resolve') echo '--help --blocker-id --action --decision-id --json' ;;
        'decision') echo 'record --help' ;;
        'decision record') echo '--help --run-id --path --outcome --title --decision-id --rationale --follow-up --json' ;;
        'override-verdict') echo '--help --session-id --job-id --verdict --rationale --findings-artifact-id --json' ;;
        'evidence') echo 'export --help' ;;
        'evidence export') echo '--help --run-id --path --json' ;;
        'register-session') echo '--help --run-id --role --lane --capability --fresh --parent-session-id --force-non-fresh --reason --operator-label --json' ;;
        'session') echo 'close --help' ;;
        'session close') echo '--help --session-id --reason --json' ;;
        'claim-next') echo '--help --session-id --lease-seconds --json' ;;
        'ack') echo '--help --session-id --message-id --lease-id --json' ;;
        'heartbeat') echo '--help --session-id --lease-id --extend-seconds --json' ;;
        'publish-artifact') echo '--help --session-id --job-id --lease-id --kind --logical-name --path --json' ;;
        'complete') echo '--help --session-id --job-id --lease-id --summary --json' ;;
        'submit-review') echo '--help --session-id --job-id --lease-id --path --verdict --logical-name --kind --rationale --json' ;;
        'verdict') echo '--help --session-id --job-id --lease-id --verdict --findings-artifact-id --rationale --json' ;;
        'block') echo '--help --session-id --job-id --lease-id --kind --severity --description --json' ;;
        'release') echo '--help --session-id --message-id --lease-id --reason --requeue --json' ;;
        'send') echo '--help --session-id --kind --body-json --json' ;;
        'worktree') echo 'create release list prune --help' ;;
        'worktree create') echo '--help --session-id --job-id --lease-id --json' ;;
        'worktree release') echo '--help --worktree-id --save --discard --json' ;;
        'worktree list') echo '--help --run-id --json' ;;
        'worktree prune') echo '--help --run-id --dry-run --json' ;;
        'status') echo '--help --run-id --json' ;;
        'why') echo '--help --json' ;;
        'list') echo 'runs sessions jobs artifacts workflows --help' ;;
        'list runs') echo '--help --state --limit --json' ;;
        'list sessions') echo '--help --run-id --state --role --lane --json' ;;
        'list jobs') echo '--help --run-id --state --workflow-job-id --json' ;;
        'list artifacts') echo '--help --run-id --kind --json' ;;
        'list workflows') echo '--help --limit --json' ;;
        'dashboard') echo '--help --run-id --all --refresh --once --graph --no-graph --graph-only --graph-style --graph-orient --graph-no-cycles --json' ;;
        'log') echo '--help --run-id --follow --json' ;;
        'doctor') echo '--help --run-id --verbose --deep --json' ;;
        'recovery') echo 'stale-leases requeue-stale cancel-job auto watch --help' ;;
        'recovery stale-leases') echo '--help --run-id --json' ;;
        'recovery requeue-stale') echo '--help --run-id --job-id --inspected --json' ;;
        'recovery cancel-job') echo '--help --run-id --job-id --reason --cascade --json' ;;
        'recovery auto') echo '--help --run-id --autonomous-review-requeue --autonomous-process-reconcile --max-requeue --checkpoint-timeout --eligible-after --dry-run --json' ;;
        'recovery watch') echo '--help --run-id --autonomous-review-requeue --autonomous-process-reconcile --max-requeue --checkpoint-timeout --eligible-after --interval-seconds --exit-on-terminal --no-exit-on-terminal --max-sweeps --json' ;;
        'apply') echo '--help --run-id --job-id --message --key --propose --dry-run --json' ;;
        'verify') echo '--help --all --root --pin --self-asserted --base-trusted --vsa --annotations --json' ;;
        'receipt') echo 'list show verify review --help' ;;
        'receipt list') echo '--help --run-id --json' ;;
        'receipt show') echo '--help --json' ;;
        'receipt verify') echo '--help --json' ;;
        'receipt review') echo '--help --verdict --path --key --json' ;;
        'hook') echo 'pre-commit pre-merge-commit pre-applypatch prepare-commit-msg commit-msg post-commit post-rewrite pre-push pre-receive update --help' ;;
        'hook pre-commit') echo '--help --json' ;;
        'hook pre-merge-commit') echo '--help --json' ;;
        'hook pre-applypatch') echo '--help --json' ;;
        'hook prepare-commit-msg') echo '--help --json' ;;
        'hook commit-msg') echo '--help --json' ;;
        'hook post-commit') echo '--help --json' ;;
        'hook post-rewrite') echo '--help --json' ;;
        'hook pre-push') echo '--help --json' ;;
        'hook pre-receive') echo '--help --json' ;;
        'hook update') echo '--help --json' ;;
    esac
}

_striatum_values()
{
    case "$1 $2" in
        'init --with-skills') echo 'claude_code codex gemini generic all' ;;
        'init --with-plugins') echo 'claude_code codex gemini' ;;
        'skills install --profile') echo 'claude_code codex gemini generic all' ;;
        'skills install --scope') echo 'project user' ;;
        'plugin install --profile') echo 'claude_code codex gemini all' ;;
        'plugin install --scope') echo 'project user' ;;
        'plugin uninstall --profile') echo 'claude_code codex gemini all' ;;
        'plugin uninstall --scope') echo 'project user' ;;
        'workflow graph --format') echo 'mermaid json dot' ;;
        'workflow init --style') echo 'minimal review code-change' ;;
        'run graph --format') echo 'mermaid json ascii' ;;
        'run graph --graph-style') echo 'auto layered list fancy' ;;
        'run graph --graph-orient') echo 'tb lr' ;;
        'checkpoint resolve --action') echo 'continue cancel' ;;
        'decision record --outcome') echo 'accepted rejected accepted_with_follow_up' ;;
        'override-verdict --verdict') echo 'accept accept_with_findings' ;;
        'submit-review --verdict') echo 'accept accept_with_findings needs_revision reject' ;;
        'verdict --verdict') echo 'accept accept_with_findings needs_revision reject' ;;
        'block --severity') echo 'blocked human_checkpoint' ;;
        'dashboard --graph-style') echo 'auto layered list fancy' ;;
        'dashboard --graph-orient') echo 'tb lr' ;;
        'verify --annotations') echo 'github gitlab' ;;
        'receipt review --verdict') echo 'accept accept_with_findings needs_revision reject' ;;
    esac
}

# Where ids, branches and states of this repository are asked for: VERB OPTION.
_striatum_live()
{
    case "$1 $2" in
        'run start --run-id' | 'run pause --run-id' | 'run resume --run-id' | 'run cancel --run-id' | 'run retry-job --run-id' | 'run retry-job --job-id' | 'run summary --run-id' | 'run graph --run-id' | 'branch confirm --run-id' | 'branch confirm --branch' | 'checkpoint resolve --blocker-id' | 'decision record --run-id' | 'override-verdict --session-id' | 'override-verdict --job-id' | 'override-verdict --findings-artifact-id' | 'evidence export --run-id' | 'register-session --run-id' | 'register-session --role' | 'register-session --lane' | 'register-session --parent-session-id' | 'session close --session-id' | 'claim-next --session-id' | 'ack --session-id' | 'ack --message-id' | 'ack --lease-id' | 'heartbeat --session-id' | 'heartbeat --lease-id' | 'publish-artifact --session-id' | 'publish-artifact --job-id' | 'publish-artifact --lease-id' | 'complete --session-id' | 'complete --job-id' | 'complete --lease-id' | 'submit-review --session-id' | 'submit-review --job-id' | 'submit-review --lease-id' | 'verdict --session-id' | 'verdict --job-id' | 'verdict --lease-id' | 'verdict --findings-artifact-id' | 'block --session-id' | 'block --job-id' | 'block --lease-id' | 'release --session-id' | 'release --message-id' | 'release --lease-id' | 'send --session-id' | 'worktree create --session-id' | 'worktree create --job-id' | 'worktree create --lease-id' | 'worktree list --run-id' | 'worktree prune --run-id' | 'status --run-id' | 'why ' | 'list runs --state' | 'list sessions --run-id' | 'list sessions --state' | 'list sessions --role' | 'list sessions --lane' | 'list jobs --run-id' | 'list jobs --state' | 'list jobs --workflow-job-id' | 'list artifacts --run-id' | 'dashboard --run-id' | 'log --run-id' | 'doctor --run-id' | 'recovery stale-leases --run-id' | 'recovery requeue-stale --run-id' | 'recovery requeue-stale --job-id' | 'recovery cancel-job --run-id' | 'recovery cancel-job --job-id' | 'recovery auto --run-id' | 'recovery watch --run-id' | 'apply --run-id' | 'apply --job-id' | 'receipt list --run-id') return 0 ;;
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
                --action | --annotations | --base-trusted | --blocker-id | --body-json | --branch | --capability | --checkpoint-timeout | --decision-id | --description | --eligible-after | --extend-seconds | --findings-artifact-id | --follow-up | --format | --graph-orient | --graph-style | --interval-seconds | --job-id | --key | --kind | --lane | --lease-id | --lease-seconds | --limit | --logical-name | --max-requeue | --max-sweeps | --message | --message-id | --namespace | --operator-label | --outcome | --parent-session-id | --path | --principal | --profile | --rationale | --reason | --refresh | --repo | --request-id | --role | --root | --run-id | --scope | --session-id | --severity | --state | --style | --summary | --target | --title | --valid-after | --valid-before | --verdict | --vsa | --with-plugins | --with-skills | --workflow | --workflow-job-id | --worktree-id) skip=yes ;;
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
    elif case $previous in --path | --repo | --target | --vsa | --workflow) true ;; *) false ;; esac; then
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
