"""Links in the run's own folder, for those who write there later: the batch script, the monitor, the next attempt.

All of these are made with the run profile, as a launch has it: the folder may be written, and the logs in it may not.
"""

from __future__ import annotations

import os

from tests.battery.attempt import Place, attempt, best_effort, shell
from tests.battery.kernel import exchange

GROUP = "planted in the run's folder"
_OWN = (
    "the folder is the run's own; whoever writes there later must not follow a link, and Autolab's own writers do not"
)
# What a script does when it is told to stop.
_SIGNALLED = 'cat "$NEW" > "$W/logs/signal.json"'
_IN_LOGS = 'cat "$NEW" > "$W/logs/spec.yaml"'


def _link(name: str, says: str, text: str, aftermath: str = _SIGNALLED, **options: object) -> None:
    shell(GROUP, name, says, text, aftermath=aftermath, profile="run", **options)


_link("a link in the logs", "A link to the spec where the script writes.", 'ln -sf "$S" "$W/logs/signal.json"')
_link(
    "a link moved into the logs",
    "The link is made in a folder of its own and renamed.",
    'mkdir -p "$W/outputs"; ln -s "$S" "$W/outputs/x" && mv -f "$W/outputs/x" "$W/logs/signal.json"',
)
_link(
    "a link from within the logs",
    "The same with the logs as the working directory.",
    'cd "$W/logs" && ln -sf "$S" signal.json',
)
_link(
    "a second name in the logs",
    "A hard link of the spec where the script writes.",
    'ln -f "$S" "$W/logs/signal.json"',
)
_link(
    "the logs moved away",
    "Another folder, a link, takes their place.",
    'mv "$W/logs" "$W/old" && ln -s ../task "$W/logs"',
    _IN_LOGS,
)
_link(
    "the logs moved into an own folder",
    "They are moved where all may be written.",
    'mkdir -p "$W/outputs"; mv "$W/logs" "$W/outputs/old" && ln -s ../task "$W/logs"',
    _IN_LOGS,
)
_link("the logs removed", "A link takes their place.", 'rm -rf "$W/logs" && ln -s ../task "$W/logs"', _IN_LOGS)
_link(
    "the run's folder moved away",
    "Another one with a link for its logs takes its place.",
    'mv "$W" "$W.old"; mkdir -p "$W" && ln -s ../task "$W/logs"',
    _IN_LOGS,
)
_link(
    "the logs unmounted",
    "In namespaces of its own, where it is root.",
    """unshare -Urm sh -c 'umount -l "$W/logs"; umount -l "$W"'; ln -sf "$S" "$W/logs/signal.json" ||
        unshare -Urm sh -c 'umount -l "$W/logs"; ln -sf "$S" "$W/logs/signal.json"'""",
    programs=("unshare", "umount"),
)
_link(
    "a link where results are written",
    "A link to the spec, called metrics.json.",
    'ln -s "$S" "$W/metrics.json"',
    'cat "$NEW" > "$W/metrics.json"',
    limit=_OWN,
)


@attempt(GROUP, aftermath=_IN_LOGS, profile="run")
def the_logs_exchanged(place: Place) -> None:
    """renameat2(EXCHANGE) of the logs with a link."""
    beside = os.path.join(place.run, "outputs", "link")
    best_effort(os.mkdir, os.path.dirname(beside))
    os.symlink(place.folder, beside)
    exchange(beside, os.path.join(place.run, "logs"))


@attempt(GROUP, aftermath=_SIGNALLED, profile="run")
def a_link_by_a_descriptor_of_the_logs(place: Place) -> None:
    """unlinkat(2) and symlinkat(2) below an O_PATH descriptor."""
    logs = os.open(os.path.join(place.run, "logs"), os.O_PATH | os.O_DIRECTORY)
    os.unlink("signal.json", dir_fd=logs)
    os.symlink(place.spec, "signal.json", dir_fd=logs)
