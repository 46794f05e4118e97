"""libyaml's parser and its events, as ruamel.yaml binds them, without running the rest of ruamel.yaml.

The binding wants a part of that package, and whoever imports a part runs the package, which imports all of itself: by
callgrind half of a bare interpreter's start for nothing (ruamel.yaml 0.19). So the package is put in
its place unrun. It is run when anybody asks it for a name, as ``from ruamel.yaml import YAML`` does.
"""

from __future__ import annotations

import sys
from _thread import RLock  # as functools does: `threading` takes a third of what is saved here
from importlib.util import find_spec, module_from_spec
from typing import Any

__all__ = [
    "AliasEvent",
    "CParser",
    "DocumentEndEvent",
    "DocumentStartEvent",
    "MappingEndEvent",
    "MappingStartEvent",
    "ScalarEvent",
    "SequenceEndEvent",
    "StreamEndEvent",
    "YAMLError",
    "put_off",
]


def put_off(package: str) -> None:
    """Make the parts of *package* importable, and run the package itself when it is first asked for a name.

    Nothing is changed where it has been imported already, or is not there.
    """
    if package in sys.modules or (spec := find_spec(package)) is None or (loader := spec.loader) is None:
        return
    module = module_from_spec(spec)
    # Threads that ask meanwhile wait; what the package asks itself for while it runs, it is told at once.
    lock = RLock()
    begun = False

    def run_and_ask(name: str) -> Any:
        nonlocal begun
        with lock:
            if not begun:
                begun = True
                loader.exec_module(module)
                del vars(module)["__getattr__"]
        try:
            return vars(module)[name]
        except KeyError:
            raise AttributeError(f"module {package!r} has no attribute {name!r}") from None

    vars(module)["__getattr__"] = run_and_ask
    # As an import does: found by its name, and as a name of what it lies in.
    sys.modules[package] = module
    above, _, last = package.rpartition(".")
    if above:
        setattr(sys.modules[above], last, module)


put_off("ruamel.yaml")

from ruamel.yaml.error import YAMLError  # noqa: E402 - a part of what was put off
from ruamel.yaml.events import (  # noqa: E402
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

try:
    from _ruamel_yaml import CParser
except ImportError:  # ruamel.yaml.clib is an optional part of ruamel.yaml
    CParser = None
