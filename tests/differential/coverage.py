# SPDX-License-Identifier: Apache-2.0
"""The exit codes that each verb of the contract can end with, in repositories without a daemon.

1 stands where the reference itself fails by an exception or a raw constraint text; 9 is a state file of a newer schema.
"""

REACHABLE = {
    "init": {0, 2, 4, 9},
    "workflow validate": {0, 1, 2, 8}, "workflow plan": {0, 1, 2, 8}, "workflow graph": {0, 1, 2, 8},
    "workflow init": {0, 1, 2, 8},
    "run prepare": {0, 1, 2, 3, 8, 9}, "run start": {0, 1, 2, 3, 4, 8, 9}, "run pause": {0, 2, 3, 4, 9},
    "run resume": {0, 2, 3, 4, 9}, "run cancel": {0, 2, 3, 4, 9}, "run retry-job": {0, 2, 3, 4, 9},
    "branch confirm": {0, 2, 3, 4, 8, 9},
    "register-session": {0, 1, 2, 3, 4, 9}, "session close": {0, 2, 3, 4, 5, 9},
    "claim-next": {0, 2, 3, 7, 9}, "ack": {0, 2, 3, 5, 9}, "heartbeat": {0, 2, 3, 5, 9},
    "release": {0, 2, 3, 5, 9}, "send": {0, 1, 2, 3, 4, 9}, "block": {0, 2, 3, 5, 9},
    "publish-artifact": {0, 1, 2, 3, 5, 6, 9}, "complete": {0, 2, 3, 4, 5, 9},
    "verdict": {0, 1, 2, 3, 4, 5, 9}, "submit-review": {0, 1, 2, 3, 4, 5, 6, 9},
    "override-verdict": {0, 2, 3, 4, 9}, "checkpoint resolve": {0, 2, 3, 4, 9},
    "decision record": {0, 1, 2, 3, 6, 9}, "evidence export": {0, 1, 2, 3, 6, 9},
    "status": {0, 2, 3, 9}, "why": {0, 2, 3, 9}, "doctor": {0, 2, 3, 9},
    "list runs": {0, 2, 3, 9}, "list sessions": {0, 2, 3, 9}, "list jobs": {0, 2, 3, 9},
    "list artifacts": {0, 2, 3, 9}, "list workflows": {0, 2, 3, 9},
    "run summary": {0, 2, 3, 6, 9}, "run graph": {0, 2, 3, 9}, "dashboard": {0, 2, 3},
    "skills install": {0, 2}, "plugin install": {1, 2}, "plugin uninstall": {0, 2},
    "recovery stale-leases": {0, 2, 3, 9}, "recovery requeue-stale": {0, 2, 3, 4, 9},
    "recovery cancel-job": {0, 2, 3, 4, 9}, "recovery process-reconcile": {0, 2, 3, 9},
    "recovery resume": {2, 3, 4, 9}, "recovery auto": {0, 2, 3, 8, 9},
    "recovery watch": {0, 2, 3, 8, 9},
    "worktree create": {0, 2, 3, 4, 5, 9}, "worktree release": {0, 2, 3, 9}, "worktree list": {0, 2, 3, 9},
}
