"""Finding verifiers: the builtin table, and the plugins that are installed beside us.

Plugins are found by their entry points (group ``autolab_verifiers``). Most installations have none, so a cheap look
at the ``entry_points.txt`` files comes first: pluggy and ``importlib.metadata`` are imported only when it finds some.
Nothing of the repository that is verified is ever imported: its own folder on ``sys.path`` is not looked at.
"""

# No `from __future__ import annotations`: see contract/findings.py.

import os
import sys
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from autolab_core.vocab.states import Verdict
from autolab_verifiers.builtin import BUILTIN, load
from autolab_verifiers.contract.rules import Rule, Verifier
from autolab_verifiers.engine.boundary import Fault, attempt, last_line, trace
from autolab_verifiers.report.answer import Check

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from pluggy import PluginManager

__all__ = ["ENGINE", "Collected", "Plugin", "collect"]

# The name under which the engine itself reports, and its rules.
ENGINE: Final = "autolab_verify"
BROKEN_PLUGIN: Final = "AV003"

_GROUP: Final = "autolab_verifiers"
_HEADER: Final = f"[{_GROUP}]".encode()
_SUFFIXES: Final = (".dist-info", ".egg-info")


class Plugin(NamedTuple):
    """One plugin that was loaded: its name, its distribution (``name version``), and what it brings.

    ``mutations`` asks its hook ``autolab_mutations``; it may raise anything.
    """

    name: str
    owner: str
    verifiers: tuple[Verifier, ...]
    mutations: Callable[[], list[Any]]


class Collected(NamedTuple):
    """The verifiers at hand. Builtins are imported when they are asked for; ``broken`` is what could not be loaded.

    ``blocked`` names the plugins that were not imported because somebody blocks them, each with its distribution.
    """

    plugins: dict[str, Verifier]
    broken: tuple[Check, ...]
    blocked: tuple[tuple[str, str], ...] = ()
    loaded: tuple[Plugin, ...] = ()

    @property
    def blocked_names(self) -> tuple[str, ...]:
        """The names of the plugins that were not imported because somebody blocks them."""
        return tuple(name for name, _ in self.blocked)

    @property
    def names(self) -> tuple[str, ...]:
        """Every verifier's name in the order of the report: the table's, then the plugins' by name."""
        return (*BUILTIN, *sorted(self.plugins))

    def verifier(self, name: str) -> Verifier:
        """The verifier *name*, which must be one of ``names``."""
        return self.plugins[name] if name in self.plugins else load(name)


def collect(root: str | None = None, blocked: Container[str] = ()) -> Collected:
    """Every installed verifier but for those of the plugins *blocked*, which are not imported.

    *root* is the repository to be verified, whose own packages are never loaded.
    """
    places = list(_trusted_places(root))
    if not any(_mentions_us(place) for place in places):
        return Collected({}, ())
    return _load_plugins(places, blocked)


def _trusted_places(root: str | None) -> Iterator[str]:
    """The folders of ``sys.path`` but for those of the verified repository; a virtual environment in it may stay."""
    real = None if root is None else os.path.realpath(root)
    own = tuple(os.path.realpath(prefix) + os.sep for prefix in (sys.prefix, sys.base_prefix))
    for entry in dict.fromkeys(sys.path):
        place = os.path.realpath(entry or os.curdir)
        inside = real is not None and (place == real or place.startswith(real + os.sep))
        if not inside or place.startswith(own):
            yield place


def _mentions_us(place: str) -> bool:
    """True when a distribution in *place* has entry points of our group, as far as a look at the file can tell."""
    try:
        names = os.listdir(place)
    except OSError:
        return False
    for name in names:
        if name.endswith(_SUFFIXES):
            try:
                with open(os.path.join(place, name, "entry_points.txt"), "rb") as file:
                    if _HEADER in file.read():
                        return True
            except OSError:
                continue
    return False


def _load_plugins(places: list[str], blocked: Container[str]) -> Collected:
    import pluggy

    from autolab_verifiers.contract.hooks import PROJECT, HookSpecs

    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(HookSpecs)
    plugins: dict[str, Verifier] = {}
    broken: list[Check] = []
    left_out: list[tuple[str, str]] = []
    loaded: list[Plugin] = []
    for owner, entry_point in _entry_points(places):
        name = entry_point.name
        if name in blocked:
            left_out.append((name, owner))
            continue
        with _path_of(places):
            brought = attempt(partial(_ask, manager, entry_point))
        if isinstance(brought, Fault):
            broken.append(_broken(name, owner, last_line(brought.error), trace(brought.error)))
            continue
        mine: list[Verifier] = []
        for verifier in brought:
            if verifier.name in BUILTIN or verifier.name in plugins:
                broken.append(_broken(name, owner, f"the name {verifier.name!r} is taken"))
            else:
                plugins[verifier.name] = verifier
                mine.append(verifier)
        loaded.append(Plugin(name, owner, tuple(mine), partial(_mutations, manager, name, places)))
    return Collected(plugins, tuple(broken), tuple(left_out), tuple(loaded))


@contextmanager
def _path_of(places: list[str]) -> Iterator[None]:
    """While this lasts, modules are found in *places* only."""
    kept = sys.path[:]
    sys.path[:] = [entry for entry in kept if os.path.realpath(entry or os.curdir) in places]
    try:
        yield
    finally:
        sys.path[:] = kept


def _entry_points(places: list[str]) -> "list[tuple[str, EntryPoint]]":
    """``name version`` of each distribution with entry points of our group, and those; the first of a name counts."""
    from importlib.metadata import distributions

    found: dict[tuple[str, str], tuple[str, EntryPoint]] = {}
    for distribution in distributions(path=places):
        for entry_point in distribution.entry_points:
            if entry_point.group == _GROUP:
                owner = f"{distribution.name} {distribution.version}"
                found.setdefault((distribution.name, entry_point.name), (owner, entry_point))
    return [found[key] for key in sorted(found)]


def _ask(manager: "PluginManager", entry_point: "EntryPoint") -> list[Verifier]:
    """Load one plugin, register it, and call its hook alone, so that a fault has one owner."""
    manager.register(entry_point.load(), name=entry_point.name)
    manager.check_pending()
    answers = _answers(manager, entry_point.name, "autolab_verifiers")
    if not answers:
        raise TypeError("it implements no hook `autolab_verifiers` (is it marked with `hookimpl`?)")
    return [_usable(verifier) for answer in answers for verifier in answer]


def _mutations(manager: "PluginManager", name: str, places: list[str]) -> list[Any]:
    """What the plugin *name* answers to the hook `autolab_mutations`; nothing when it does not implement it."""
    with _path_of(places):
        return [mutation for answer in _answers(manager, name, "autolab_mutations") for mutation in answer]


def _answers(manager: "PluginManager", name: str, hook: str) -> list[Any]:
    """What the plugin *name* alone answers to *hook*."""
    plugin = manager.get_plugin(name)
    others = [other for other in manager.get_plugins() if other is not plugin]
    answers: list[Any] = manager.subset_hook_caller(hook, remove_plugins=others)()
    return answers


def _usable(brought: Any) -> Verifier:
    """What a plugin *brought*, when it has what the contract asks for. Raises TypeError otherwise."""
    name = getattr(brought, "name", None)
    if not isinstance(name, str) or not name:
        raise TypeError(f"what it brings is no verifier: {type(brought).__name__} has no name")
    if not callable(getattr(brought, "applies", None)):
        raise TypeError(f"the verifier {name!r} has no method `applies`")
    rules = getattr(brought, "rules", None)
    if not rules or not isinstance(rules, tuple) or not all(isinstance(rule, Rule) for rule in rules):
        raise TypeError(f"the verifier {name!r} has no rules (a tuple of `Rule`)")
    verifier: Verifier = brought
    return verifier


def _broken(name: str, owner: str, reason: str, traceback: str | None = None) -> Check:
    reason = f"the plugin {name!r} of {owner} cannot be used: {reason}"
    return Check(ENGINE, BROKEN_PLUGIN, Verdict.ERROR, reason=reason, traceback=traceback)
