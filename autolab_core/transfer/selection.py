"""Which of the files on the far side come home, and which keep all of them there. Pure."""

from __future__ import annotations

import os
from collections.abc import Mapping

import attrs

from autolab_core.io.atomic import is_temporary
from autolab_core.io.layout import RunPaths
from autolab_core.models.remote import SyncRules
from autolab_core.transfer.base import TransferError, Wanted
from autolab_core.transfer.far_side import FarFile
from autolab_core.transfer.names import colliding, link_problem, name_problem
from autolab_core.transfer.patterns import Patterns, check_caps
from autolab_core.vocab.transfers import TransferFault

__all__ = ["Selection", "select"]

_OF_FIND = {"p": "a pipe", "s": "a socket", "b": "a device", "c": "a device"}


@attrs.frozen
class Selection:
    """``files`` as the far side had them, ``links`` with where each leads, both sorted by the bytes of their names.

    ``left``: why a file stays where it is, of those that only diagnose a failure. ``others``: all that is not copied,
    the links among it.
    """

    files: Mapping[str, FarFile]
    links: Mapping[str, str]
    left: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def wanted(self) -> Wanted:
        return Wanted({name: about.bytes for name, about in self.files.items()}, self.others)


def select(
    found: Mapping[str, FarFile], paths: RunPaths, rules: SyncRules, *, diagnostic: bool = False, folds: bool = False
) -> Selection:
    """What of *found* comes home into the run's folder. *diagnostic*: nothing but its logs.

    What is ours alone (the manifest, what schedulers answered, our lists) is never taken from there. *folds*: the file
    system here takes names for one another that differ in letter case. Raises TransferError for what cannot come home
    and was not excluded; a log that cannot is left there, because a run that failed is not to fail once more.
    """
    ours = paths.unsettled() | {paths.far_checksums.removeprefix(f"{paths.folder}/")}
    logs = paths.logs.removeprefix(f"{paths.folder}/") + "/"
    include, exclude = Patterns(rules.include), Patterns(rules.exclude)
    files: dict[str, FarFile] = {}
    links: dict[str, str] = {}
    left: list[str] = []
    for name in sorted(found, key=os.fsencode):
        if _is_ours(name, ours) or (diagnostic and not name.startswith(logs)):
            continue
        if exclude.names(name) and not include.names(name):
            continue
        problem = _problem(name, found[name])
        if problem is None and found[name].kind == "l":
            links[name] = found[name].target
        elif problem is None:
            files[name] = found[name]
        elif diagnostic:
            left.append(f"{name!r} {problem}")
        else:
            advice = "exclude it in the profile (`pull.rules.exclude`), or have the run not make it"
            raise TransferError(TransferFault.NAMES, f"{name!r} {problem}; {advice}")
    both = colliding(files, links, folds=folds)
    if both is not None:
        message = f"{both[0]!r} and {both[1]!r} cannot both be here: exclude one, or rename it"
        raise TransferError(TransferFault.NAMES, message)
    check_caps(rules, {name: about.bytes for name, about in files.items()})
    return Selection(files, links, tuple(left), tuple(name for name in found if name not in files))


def _is_ours(name: str, ours: frozenset[str]) -> bool:
    """Whether *name* is a file that only we write, or lies where one is."""
    parts = name.split("/")
    return is_temporary(parts[-1]) or any("/".join(parts[:count]) in ours for count in range(1, len(parts) + 1))


def _problem(name: str, about: FarFile) -> str | None:
    problem = name_problem(name)
    if problem is not None or about.kind == "f":
        return problem
    return link_problem(name, about.target) if about.kind == "l" else f"is {_OF_FIND.get(about.kind, 'no file')}"
