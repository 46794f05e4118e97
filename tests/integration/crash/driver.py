"""Runs commands, each in a process of its own that can be told to die at its n-th effect.

``python driver.py`` loads the command line once, takes a throw-away repository through all its stages so that nothing
is left to be loaded, and then forks for each request, a JSON object a line on standard input. A fork saves the
start-up, which is what makes a kill at *every* effect affordable.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
import traceback
from typing import Any

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import effects

from autolab_cli.main import main


def _child(request: dict[str, Any], others: list[int]) -> int:
    for descriptor in others:
        os.close(descriptor)
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(request[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    if request["labels"]:
        labels = os.open(request["labels"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        effects.count(labels, request["kill_at"])
    try:
        code = main(request["argv"])
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
    except BaseException:
        traceback.print_exc()
        code = 1
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    return code


def warm_up() -> None:
    """Every command once, on a repository that is thrown away."""
    commands = (
        ["init"],
        ["review", "approve", "--who", "driver"],
        ["launch", "--wait"],
        ["run"],
        ["run"],
        ["status"],
        ["ls"],
        ["cancel"],
    )
    with tempfile.TemporaryDirectory() as folder, open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        for argv in commands:
            main([*argv, "--root", folder])


def serve() -> None:
    """Answer requests until standard input ends: ``{"pid": …}`` at the start of each, ``{"code": …}`` at its end."""
    requests = os.fdopen(os.dup(0), "r")
    answers = os.fdopen(os.dup(1), "w")
    for line in requests:
        request = json.loads(line)
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                code = _child(request, [requests.fileno(), answers.fileno()])
            finally:
                os._exit(code)
        answers.write(json.dumps({"pid": pid}) + "\n")
        answers.flush()
        _, status = os.waitpid(pid, 0)
        answers.write(json.dumps({"code": os.waitstatus_to_exitcode(status)}) + "\n")
        answers.flush()


if __name__ == "__main__":
    warm_up()
    serve()
