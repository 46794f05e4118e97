"""Outlive the command, end the supervisor, or leave something for later."""

from __future__ import annotations

import os
import signal
import time

from tests.battery.attempt import Place, attempt, best_effort, read, shell, write

GROUP = "later"
PLANTED = "planted for later"
_HOME = "whoever may write to your home folder may decide what your next shell does; protect it, or use the run profile"


def _detach() -> bool:
    """Fork twice with a new session; True in the process that nobody waits for."""
    if os.fork():
        return False
    os.setsid()
    if os.fork():
        os._exit(0)
    os.closerange(0, 3)
    return True


@attempt(GROUP, lasting=0.6)
def after_the_command_ended(place: Place) -> None:
    """A process of its own session writes when the command is over."""
    if _detach():
        time.sleep(0.25)
        write(place.spec)
        os._exit(0)


@attempt(GROUP, lasting=0.6, long=True)
def after_the_command_ended_by_a_descriptor(place: Place) -> None:
    """The same with the folder held open from the start."""
    held = os.open(place.folder, os.O_PATH | os.O_DIRECTORY)
    if _detach():
        time.sleep(0.25)
        write("spec.yaml", directory=held)
        os._exit(0)


@attempt(GROUP, lasting=0.6, long=True)
def wait_for_the_write_permission(place: Place) -> None:
    """A process that waits until the mode bits are given back, and writes then."""
    if _detach():
        ends = time.monotonic() + 0.5
        time.sleep(0.1)
        while time.monotonic() < ends:
            best_effort(write, place.spec)
            time.sleep(0.02)
        os._exit(0)


@attempt(GROUP, lasting=0.6, long=True)
def ignore_every_signal(place: Place) -> None:
    """A process that ignores all signals that can be ignored, and stays."""
    if _detach():
        for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_IGN)
        time.sleep(0.25)
        write(place.spec)
        os._exit(0)


@attempt(GROUP, lasting=0.6)
def kill_the_supervisor_and_write(place: Place) -> None:
    """SIGKILL to whoever runs the guard of this repository, then write."""
    _to_supervisors(place, signal.SIGKILL)
    time.sleep(0.1)
    write(place.spec)


@attempt(GROUP, lasting=0.6)
def kill_the_parents_and_write(place: Place) -> None:
    """SIGKILL to the supervisor from a process that does not die with it, then write."""
    if _detach():
        _to_supervisors(place, signal.SIGKILL)
        time.sleep(0.2)
        write(place.spec)
        os._exit(0)
    time.sleep(0.2)


@attempt(GROUP, lasting=0.3)
def end_the_supervisor_politely(place: Place) -> None:
    """SIGTERM and SIGINT to the supervisor, then write."""
    _to_supervisors(place, signal.SIGTERM)
    _to_supervisors(place, signal.SIGINT)
    write(place.spec)


@attempt(GROUP)
def stop_the_supervisor_and_write(place: Place) -> None:
    """SIGSTOP to the supervisor, write, SIGCONT."""
    _to_supervisors(place, signal.SIGSTOP)
    try:
        write(place.spec)
    finally:
        _to_supervisors(place, signal.SIGCONT)


def _to_supervisors(place: Place, number: int) -> None:
    """Signal the supervisor of this attempt; unguarded there is none, and nothing else is touched."""
    noted = os.path.join(place.outside, "supervisor")
    if os.path.exists(noted):
        best_effort(os.kill, int(read(noted)), number)


for _name, _says, _text, _lasting in (
    (
        "nohup",
        "`nohup … &`, which stays when the command ends.",
        "nohup sh -c 'sleep 0.25; echo changed > \"$S\"' >/dev/null 2>&1 &",
        0.6,
    ),
    (
        "setsid",
        "`setsid` in the background.",
        "setsid sh -c 'sleep 0.25; echo changed > \"$S\"' >/dev/null 2>&1 &",
        0.6,
    ),
    ("a trap at the end", "A shell's trap on EXIT.", "trap 'echo changed > \"$S\"' EXIT; exit 0", 0.0),
    ("env -i", "An empty environment.", "env -i sh -c \"echo changed > '$S'\"", 0.0),
):
    shell(GROUP, _name, _says, _text, lasting=_lasting, long=_name != "setsid")

_MODULE = "import os; open(os.environ['S'], 'w').write('changed')"
_EVIL = """evil() { printf '#!/bin/sh\\necho changed > "%s"\\n' "$S" > "$1" && chmod +x "$1"; }; """
# Each is followed by what the user does next, outside the guard, in the same repository.
shell(
    PLANTED,
    "a module in the repository",
    "A module with the name of one that the tool imports lies where it is started.",
    f'cd "$R" && for m in json autolab_core attr sitecustomize; do echo "{_MODULE}" > $m.py; done',
    aftermath='cd "$R" && "$PY" -c "import json"',
    limit="a program that is started in a writable folder and looks there for its modules runs what lies there",
)
shell(
    PLANTED,
    "a shell's start-up file",
    "A line in the home folder that the next shell reads.",
    'echo "echo changed > \'$S\'" >> "$HOME/.bashrc"',
    aftermath="bash -ic true </dev/null >/dev/null 2>&1",
    limit=_HOME,
    programs=("bash",),
)
shell(
    PLANTED,
    "git's own configuration at home",
    "`git config --global core.fsmonitor`, which every repository of this user obeys.",
    _EVIL + 'evil "$HOME/m"; unset GIT_CONFIG_GLOBAL; git config --global core.fsmonitor "$HOME/m"',
    aftermath='unset GIT_CONFIG_GLOBAL; cd "$R"; git status >/dev/null 2>&1',
    limit=_HOME,
)
shell(
    PLANTED,
    "a program in front of the others",
    "A program called `git` in a folder of the user's PATH.",
    _EVIL + 'mkdir -p "$HOME/bin" && evil "$HOME/bin/git"',
    aftermath='PATH="$HOME/bin:$PATH" git status',
    limit=_HOME,
)
shell(
    PLANTED,
    "a link where the next run writes",
    "The writable folder is replaced by a link to the protected one, and the next run writes there.",
    'rm -rf "$W" && ln -s task "$W"',
    aftermath='echo changed > "$W/spec.yaml"',
    limit="what is written later, outside the guard, through a link; a guard refuses a link among its paths",
)
shell(
    PLANTED,
    "what python imports at home",
    "A `usercustomize` in the user's site-packages.",
    f'p=$(python3 -m site --user-site); mkdir -p "$p" && echo "{_MODULE}" > "$p/usercustomize.py"',
    aftermath="python3 -c pass",
    limit=_HOME,
    programs=("python3",),
)
