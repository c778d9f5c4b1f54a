"""Run as a script in front of every part: ties the part's life to the supervisor's, then becomes the part.

Usage: leash.py PARENT USER COMMAND...   (USER `-` keeps the user)

Linux sends SIGTERM to the part the moment the supervisor is gone, even by `kill -9`. This must be asked for after
the user was changed, since a change of user forgets it. Imports nothing beyond the standard library's core: it runs
with `-I -S` so that it costs about ten milliseconds.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
NOT_STARTED = 127


def _become(user: str) -> None:
    import grp  # noqa: PLC0415  (only root gets here; the others need not pay for it)
    import pwd  # noqa: PLC0415

    entry = pwd.getpwnam(user)
    groups = [group.gr_gid for group in grp.getgrall() if user in group.gr_mem]
    os.setgroups([entry.pw_gid, *groups])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


def main(arguments: list[str]) -> None:
    """Tie, then become the command. Only returns by exit status 127, when that is impossible."""
    parent, user, *command = arguments
    try:
        if user != "-":
            _become(user)
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != int(parent):  # it died before we could ask
            sys.exit(0)
        os.execvp(command[0], command)  # noqa: S606  (becoming the command is what this is for)
    except (OSError, KeyError) as error:
        print(f"cannot start {command[0]}: {error}", file=sys.stderr)
        sys.exit(NOT_STARTED)


if __name__ == "__main__":
    main(sys.argv[1:])
