"""What a command must not change, what it may write, and what it may reach: the guard's policy, and its JSON.

A policy says what is wanted and looks at no file; ``guard.plan`` finds out what that means on this machine. Paths are
relative to the repository's root; what lies outside of it is named by its absolute path. Where paths nest, the deeper
one wins: a folder that may be written inside a protected one, or the reverse.
"""

# No `from __future__ import annotations`: a NamedTuple compiles each annotation that is text, and the first compilation
# of a process costs a quarter of a bare interpreter's start.

import posixpath
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from autolab_core.vocab.errors import DocumentError, UsageError
from autolab_core.vocab.guard import REQUIRE_CONTENT, Network, Profile, requirement_problem

__all__ = ["SCHEMA_VERSION", "GuardPolicy", "policy_from_data", "policy_to_data"]

SCHEMA_VERSION: Final = "1.0"
_PORT_MAX: Final = 65535
_KEYS: Final = ("schema_version", "profile", "protected", "writable", "network", "require", "spec", "sealed")


class GuardPolicy(NamedTuple):
    """One command's policy.

    ``profile``: in ``run`` only ``writable`` may be written; in ``agent`` all that the user may write, but for
    ``protected``, in which ``writable`` makes exceptions. ``network``: a word, or the TCP ports that may be connected
    to. ``require``: the level below which the command is not started: ``content``, or a level by its name. ``spec``:
    the sealed file that the probe tries to change; None where there is none. ``sealed``: what is compared after the
    command with what it was before; None for all that is protected. What is protected and not sealed cannot be written
    by the command, and others may go on working there.

    ``checked`` makes a policy that can be relied on; a plan is made of no other.
    """

    profile: Profile
    protected: tuple[str, ...] = ()
    writable: tuple[str, ...] = ()
    network: "Network | tuple[int, ...]" = Network.INHERIT
    require: str = REQUIRE_CONTENT
    spec: str | None = None
    sealed: tuple[str, ...] | None = None

    @property
    def to_seal(self) -> tuple[str, ...]:
        """The paths whose seals are taken before the command and after it; the spec is always among them."""
        sealed = self.protected if self.sealed is None else self.sealed
        return sealed if self.spec is None or self.spec in sealed else (*sealed, self.spec)

    def checked(self) -> "GuardPolicy":
        """The same policy with plain paths (no trailing slash, no ``.`` in them), sorted, each once.

        Raises UsageError for a path that cannot be protected or allowed at all (empty, ``..``, a NUL, bytes that are
        no UTF-8), for one that is protected and writable at once, for the whole file system as a writable path, for a
        port that is none and for a requirement that names no level.
        """
        try:
            return _checked(self)
        except _Refused as refused:
            raise UsageError(f"the guard's policy is refused: {refused.what}") from None


class _Refused(Exception):
    """What is wrong, and the RFC 6901 pointer to it."""

    def __init__(self, pointer: str, what: str) -> None:
        super().__init__(pointer, what)
        self.pointer = pointer
        self.what = what


def policy_to_data(policy: GuardPolicy) -> dict[str, Any]:
    """*policy* as it is written to ``.autolab/guard/<run_id>.policy.json`` and into the record."""
    return {
        "schema_version": SCHEMA_VERSION,
        "profile": str(policy.profile),
        "protected": list(policy.protected),
        "writable": list(policy.writable),
        "network": list(policy.network) if isinstance(policy.network, tuple) else str(policy.network),
        "require": str(policy.require),
        "spec": policy.spec,
        "sealed": None if policy.sealed is None else list(policy.sealed),
    }


def policy_from_data(data: object, shown: str) -> GuardPolicy:
    """The checked policy that plain *data* of the file *shown* describes; what it does not say is the default.

    Raises DocumentError with the pointer to the first value that is refused. A key that no policy has is one of them:
    a misspelled ``protected`` would protect nothing.
    """
    try:
        return _checked(_read(data))
    except _Refused as refused:
        raise DocumentError(shown, refused.what, pointer=refused.pointer) from None


def _read(data: object) -> GuardPolicy:
    if not isinstance(data, dict):
        raise _Refused("", "is not a mapping of keys to values")
    for key in data:
        if key not in _KEYS:
            raise _Refused("", f"has the key {key!r}, which no policy has; there are {', '.join(_KEYS)}")
    if data.get("schema_version", SCHEMA_VERSION) != SCHEMA_VERSION:
        raise _Refused("/schema_version", f"is not {SCHEMA_VERSION!r}, the only one this version reads")
    profile = data.get("profile")
    if profile not in list(Profile):
        raise _Refused("/profile", f"is not one of {', '.join(Profile)}")
    require = data.get("require", REQUIRE_CONTENT)
    spec = data.get("spec")
    if not isinstance(require, str):
        raise _Refused("/require", "is not a word")
    if not isinstance(spec, str | None):
        raise _Refused("/spec", "is neither a path nor null")
    paths = {key: _texts(data.get(key, []), f"/{key}") for key in ("protected", "writable")}
    network = _network(data.get("network", str(Network.INHERIT)))
    sealed = None if data.get("sealed") is None else _texts(data["sealed"], "/sealed")
    return GuardPolicy(Profile(profile), paths["protected"], paths["writable"], network, require, spec, sealed)


def _texts(value: object, pointer: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise _Refused(pointer, "is not a list of paths")
    for index, each in enumerate(value):
        if not isinstance(each, str):
            raise _Refused(f"{pointer}/{index}", "is not a path")
    return tuple(value)


def _network(value: object) -> "Network | tuple[int, ...]":
    if isinstance(value, str) and value in list(Network):
        return Network(value)
    if isinstance(value, list) and all(type(each) is int for each in value):
        return tuple(value)
    raise _Refused("/network", f"is neither one of {', '.join(Network)} nor a list of TCP ports")


def _checked(policy: GuardPolicy) -> GuardPolicy:
    protected = _plain_paths(policy.protected, "/protected")
    writable = _plain_paths(policy.writable, "/writable")
    both = sorted(set(protected) & set(writable))
    if both:
        raise _Refused("/writable", f"{both[0]!r} is protected and writable at once; decide for one of the two")
    if "/" in writable:
        raise _Refused("/writable", "'/' is everything there is; name the folders that the command writes")
    network = policy.network
    if isinstance(network, tuple):
        wrong = [port for port in network if not 0 < port <= _PORT_MAX]
        if wrong:
            raise _Refused("/network", f"{wrong[0]} is no TCP port")
        network = tuple(sorted(set(network)))
    problem = requirement_problem(policy.require)
    if problem is not None:
        raise _Refused("/require", f"{policy.require!r} is refused: {problem}")
    spec = None if policy.spec is None else _plain_path(policy.spec, "/spec")
    sealed = None if policy.sealed is None else _plain_paths(policy.sealed, "/sealed")
    both = sorted(set(sealed or ()) & set(writable))
    if both:
        raise _Refused("/sealed", f"{both[0]!r} is sealed and writable at once; decide for one of the two")
    return GuardPolicy(policy.profile, protected, writable, network, str(policy.require), spec, sealed)


def _plain_paths(paths: Iterable[str], pointer: str) -> tuple[str, ...]:
    return tuple(sorted({_plain_path(path, f"{pointer}/{index}") for index, path in enumerate(paths)}))


def _plain_path(path: str, pointer: str) -> str:
    """*path* without what says nothing. Blanks, line breaks and colons are carried: nothing here is ever a line."""
    if not path:
        raise _Refused(pointer, "an empty path names nothing")
    if "\0" in path or not _is_utf8(path):
        raise _Refused(pointer, f"{path!r} cannot be written down: it holds a NUL or bytes that are no UTF-8")
    if ".." in path.split("/"):
        raise _Refused(pointer, f"{path!r} climbs with '..'; name what is meant by its own path")
    if path.startswith("~"):
        raise _Refused(pointer, f"{path!r} begins with '~', which only a shell understands; write the whole path")
    # POSIX lets a path begin with exactly two slashes and mean something else by it; Linux does not.
    return posixpath.normpath("/" + path.lstrip("/") if path.startswith("/") else path)


def _is_utf8(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
