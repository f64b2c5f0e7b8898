# SPDX-License-Identifier: Apache-2.0
"""A program that is wrong on purpose: the self-check of crash.py has to notice every one of its faults.

    heartbeat        commits an event of its own before the verb is run
    send             says "sent" whatever became of it
    workflow init    stumbles over what a killed call left
    session close    dies of the first error it meets
Everything else is passed on to the program that crash.py writes in place of UNBROKEN.
"""

import glob
import os
import sqlite3
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(sys.argv[0]))
PROGRAM = "UNBROKEN"
NAME = os.path.basename(sys.argv[0])


def real(args):
    """Runs the program behind us, by the name we were called by."""
    link = os.path.join(HERE, "real", NAME)
    if not os.path.islink(link):
        os.makedirs(os.path.dirname(link), exist_ok=True)
        os.symlink(PROGRAM, link)
    return subprocess.run([link, *args], capture_output=True)


def half_an_event(args):
    state = os.path.join(args[args.index("--repo") + 1], ".striatum/state.sqlite3")
    connection = sqlite3.connect(state, isolation_level=None)
    connection.execute("INSERT INTO events (event_type, payload_json, created_at) "
                       "VALUES ('message.sent', '{}', '2026-01-01T00:00:00Z')")
    connection.close()


def main():
    args = sys.argv[1:]
    if "heartbeat" in args and "-h" not in args:
        half_an_event(args)
    if args[2:4] == ["workflow", "init"] and glob.glob(os.path.join(args[1], ".striatum-tmp-*")):
        os.write(2, b"something is in the way\n")
        return 4
    done = real(args)
    out, code = done.stdout, done.returncode
    if "send" in args and code:
        out, code = b'{"data":{"message_id":"msg_0"},"ok":true}\n', 0
    if "session" in args and code == 1:
        os.abort()
    os.write(1, out)
    os.write(2, done.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
