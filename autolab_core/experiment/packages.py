"""Which distributions the commands' interpreter has, read from their metadata. No interpreter is started for it.

A command may have written what lies in a virtual environment: starting that environment's interpreter to ask it would
run the code of its ``.pth`` files outside of the guard.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

__all__ = ["installed", "interpreter_of"]

_CONFIGURATION: Final = "pyvenv.cfg"
_PLACES: Final = ("lib", "lib64", "local/lib")
_FOLDERS: Final = ("site-packages", "dist-packages")


def interpreter_of(words: Iterable[str], root: str, environment: Mapping[str, str]) -> str:
    """The path of the Python that *words*, the first words of the commands, name; ours where none of them does.

    A name is looked for in the PATH of *environment*, a path counts from *root*. Not a link's target: a virtual
    environment's interpreter is a link, and the environment is where it lies.
    """
    for word in words:
        if os.path.basename(word).startswith("python"):
            found = os.path.join(root, word) if "/" in word else shutil.which(word, path=environment.get("PATH"))
            if found is not None and os.path.exists(found):
                return os.path.normpath(found)
    return sys.executable


def installed(interpreter: str) -> dict[str, str]:
    """Name to version of the distributions that *interpreter* finds in its environment, sorted.

    Names are as the index has them (PEP 503), so that two spellings are one. Of a name that is there twice the first
    folder's counts, as it does for an import.
    """
    from importlib.metadata import distributions

    found: dict[str, str] = {}
    for each in distributions(path=list(_folders(interpreter))):
        # Of a distribution whose metadata is broken there may be neither.
        names, versions = each.metadata.get_all("Name"), each.metadata.get_all("Version")
        if names and versions:
            found.setdefault(_normal(names[0]), versions[0])
    return dict(sorted(found.items()))


def _normal(name: str) -> str:
    return "-".join(part for part in name.lower().replace("_", "-").replace(".", "-").split("-") if part)


def _folders(interpreter: str) -> Iterator[str]:
    environment = os.path.dirname(os.path.dirname(os.path.abspath(interpreter)))
    settings = _settings(os.path.join(environment, _CONFIGURATION))
    if settings is None:
        base, version = os.path.dirname(os.path.dirname(os.path.realpath(interpreter))), ""
        yield from _below([environment, base], version)
        return
    yield from _below([environment], "")
    if settings.get("include-system-site-packages") == "true" and "home" in settings:
        yield from _below([os.path.dirname(settings["home"])], ".".join(settings.get("version", "").split(".")[:2]))


def _below(prefixes: list[str], version: str) -> Iterator[str]:
    seen: set[str] = set()
    for prefix in prefixes:
        # A system's Python looks below /usr/local first, where its administrator installs.
        for place in [*(f"{prefix}/{each}" for each in _PLACES), *(["/usr/local/lib"] if prefix == "/usr" else [])]:
            for name in _pythons(place, version):
                for folder in _FOLDERS:
                    path = os.path.realpath(f"{place}/{name}/{folder}")
                    if path not in seen and os.path.isdir(path):
                        seen.add(path)
                        yield path


def _pythons(place: str, version: str) -> list[str]:
    """The folders of Python's own below *place*; Debian has one, ``python3``, for all versions."""
    try:
        names = [name for name in os.listdir(place) if name.startswith("python3")]
    except OSError:
        return []
    return sorted((name for name in names if not version or name in ("python3", f"python{version}")), reverse=True)


def _settings(path: str) -> dict[str, str] | None:
    """What ``pyvenv.cfg`` says; None where there is none."""
    try:
        with open(path, encoding="utf-8", errors="replace") as lines:
            pairs = [line.partition("=") for line in lines]
    except OSError:
        return None
    return {key.strip().lower(): value.strip() for key, sign, value in pairs if sign}
