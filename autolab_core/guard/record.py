"""What a guard saw, as the mapping that stands in ``.autolab/guard/<run_id>.json``: built, completed and read here.

The supervisor writes it, from its own reading alone: nothing that ran under the guard is asked. A record without an
``after`` is of a command that goes on, or of a supervisor that died before it could look.
"""

# No `from __future__ import annotations`: see guard/policy.py.

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from autolab_core.guard.policy import policy_from_data, policy_to_data
from autolab_core.guard.seal import Seal
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.guard import GuardLevel, Profile, SealedKind, requirement_problem

if TYPE_CHECKING:
    from autolab_core.guard.comparison import Difference
    from autolab_core.guard.plan import GuardPlan

__all__ = [
    "CREATE",
    "OPEN",
    "REFUSALS",
    "SCHEMA_VERSION",
    "Machine",
    "begun",
    "finished",
    "in_short",
    "problems",
    "seals_from_data",
    "seals_of",
    "seals_to_data",
]

SCHEMA_VERSION: Final = "1.0"
# What a probe tries, and the errno's names that say that the kernel refused it. Any other error proves nothing.
OPEN: Final = "open for writing"
CREATE: Final = "create a name in"
REFUSALS: Final = frozenset({"EROFS", "EACCES", "EPERM"})
_LANDLOCK_ABI: Final = 3  # below it a file can be emptied by truncate(2)


class Machine(NamedTuple):
    """Where the guard stood: the kernel's release, Landlock's ABI, bubblewrap's version (None where there is none),
    and for whom."""

    kernel: str
    landlock_abi: int | None
    bwrap: str | None
    uid: int
    gid: int


def begun(
    plan: "GuardPlan",
    level: GuardLevel,
    machine: Machine,
    *,
    command: Sequence[str],
    probe: Sequence[Mapping[str, Any]],
    seals: Sequence[Seal],
    sealed_at: str,
    started_at: str,
    notes: Iterable[str] = (),
) -> dict[str, Any]:
    """The record of a command that begins. *probe*: mappings of ``attempt``, ``path`` (absolute) and ``errno``, which
    is None for what worked. Times are RFC 3339 in UTC; *notes* come after those of the level."""
    from autolab_core.guard.coverage import coverage

    cover = coverage(plan, level)
    return {
        "schema_version": SCHEMA_VERSION,
        "level": str(level),
        "require": str(plan.policy.require),
        "profile": str(plan.policy.profile),
        **machine._asdict(),
        "root": plan.root,
        "covered": list(cover.covered),
        "not_covered": list(cover.not_covered),
        "notes": [*cover.notes, *notes],
        "policy": policy_to_data(plan.policy),
        "command": list(command),
        "probe": [dict(attempt) for attempt in probe],
        "before": {"at": sealed_at, "seals": seals_to_data(seals)},
        "after": None,
        "exit_code": None,
        "signal": None,
        "started_at": started_at,
        "finished_at": None,
    }


def finished(
    record: Mapping[str, Any],
    changes: Sequence["Difference"],
    *,
    checked_at: str,
    finished_at: str,
    exit_code: int | None,
    signal: str | None = None,
) -> dict[str, Any]:
    """*record* with its end. *changes*: what ``comparison.compare`` found once every process was gone. *signal*: the
    name of the one that ended the command; then *exit_code* is None."""
    seen = [{"path": change.path, "what": str(change.what)} for change in changes]
    return {
        **record,
        "after": {"at": checked_at, "seals_ok": not seen, "changes": seen},
        "exit_code": exit_code,
        "signal": signal,
        "finished_at": finished_at,
    }


def in_short(record: Mapping[str, Any], path: str, sha256: str) -> dict[str, Any]:
    """*record*, which is free of ``problems``, as a manifest has it. *path*, *sha256*: where it lies, and its bytes.

    ``verified`` is None while the command goes on. ``seals`` has the spec, and each single file that the policy seals.
    """
    kept = ("level", "require", "profile", "kernel", "landlock_abi", "bwrap", "uid", "covered", "not_covered", "probe")
    after = record["after"]
    named = set(policy_from_data(record["policy"], path).to_seal)
    return {
        **{key: record[key] for key in kept},
        "seals": {
            seal.path: seal.sha256 for seal in seals_of(record) if seal.path in named and seal.sha256 is not None
        },
        "verified": None if after is None else after["seals_ok"],
        "record": path,
        "record_sha256": sha256,
    }


def seals_to_data(seals: Iterable[Seal]) -> list[dict[str, Any]]:
    """*seals* as they are written; ``seals_from_data`` reads them again."""
    return [{**seal._asdict(), "kind": str(seal.kind)} for seal in seals]


def seals_from_data(data: object, shown: str, pointer: str = "") -> tuple[Seal, ...]:
    """The seals that plain *data* at *pointer* of the file *shown* describes. Raises DocumentError."""
    if not isinstance(data, list):
        raise DocumentError(shown, "is not a list of seals", pointer=pointer)
    return tuple(_seal(each, shown, f"{pointer}/{index}") for index, each in enumerate(data))


def _seal(data: object, shown: str, pointer: str) -> Seal:
    if not isinstance(data, dict):
        raise DocumentError(shown, "is not a seal", pointer=pointer)
    for name in Seal._fields:
        value = data.get(name)
        good = _is_text if name in ("path", "kind") else _is_hash if name in _HASHES else _is_count
        if not good(value):
            raise DocumentError(shown, "is missing, or no value of a seal", pointer=f"{pointer}/{name}")
    if data["kind"] not in list(SealedKind):
        raise DocumentError(shown, f"is not one of {', '.join(SealedKind)}", pointer=f"{pointer}/kind")
    return Seal(**{name: data[name] for name in Seal._fields} | {"kind": SealedKind(data["kind"])})


def seals_of(record: Mapping[str, Any], shown: str = "the record") -> tuple[Seal, ...]:
    """The seals before the command. Raises DocumentError when they cannot be read."""
    before = record.get("before")
    return seals_from_data(before.get("seals") if isinstance(before, dict) else None, shown, "/before/seals")


_HASHES: Final = frozenset({"sha256", "git_blob", "head_blob"})


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_hash(value: object) -> bool:
    return value is None or (isinstance(value, str) and 40 <= len(value) <= 64)


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _is_probe(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(each, dict)
        and _is_text(each.get("attempt"))
        and _is_text(each.get("path"))
        and isinstance(each.get("errno", 0), str | None)
        for each in value
    )


def _is_time(value: object) -> bool:
    from autolab_core.vocab.times import is_timestamp

    return isinstance(value, str) and is_timestamp(value)


# Key to what makes a value of it, and what it is called.
_FIELDS: Final[dict[str, tuple[Callable[[object], bool], str]]] = {
    "level": (lambda value: value in list(GuardLevel), f"one of {', '.join(GuardLevel)}"),
    "require": (lambda value: isinstance(value, str) and requirement_problem(value) is None, "a level, or `content`"),
    "profile": (lambda value: value in list(Profile), f"one of {', '.join(Profile)}"),
    "kernel": (_is_text, "the kernel's release"),
    "landlock_abi": (lambda value: value is None or _is_count(value), "a number, or null without Landlock"),
    "bwrap": (lambda value: value is None or _is_text(value), "a version, or null without bubblewrap"),
    "uid": (_is_count, "a user's number"),
    "gid": (_is_count, "a group's number"),
    "root": (_is_text, "the repository's path"),
    "covered": (_is_texts, "a list of paths"),
    "not_covered": (_is_texts, "a list of sentences"),
    "notes": (_is_texts, "a list of sentences"),
    "command": (lambda value: bool(value) and _is_texts(value), "a list of words"),
    "probe": (_is_probe, "a list of attempts with path and errno"),
    "started_at": (_is_time, "a time in UTC"),
}


def problems(record: object) -> list[tuple[str, str]]:
    """What keeps *record* from being a guard's: RFC 6901 pointers with what is wrong there. Empty when nothing does.

    A level has to say what it stands on: with Landlock an ABI of at least 3, with mounts bubblewrap's version.
    """
    if not isinstance(record, dict):
        return [("", "is not a mapping of keys to values")]
    if record.get("schema_version") != SCHEMA_VERSION:
        return [("/schema_version", f"is not {SCHEMA_VERSION!r}, the only one this version reads")]
    found = [
        (f"/{key}", f"`{key}` is missing" if key not in record else f"`{key}` is not {called}")
        for key, (good, called) in _FIELDS.items()
        if key not in record or not good(record[key])
    ]
    try:
        policy_from_data(record.get("policy"), "")
    except DocumentError as error:
        found.append((f"/policy{error.pointer}", error.message))
    try:
        seals_of(record)
    except DocumentError as error:
        found.append((error.pointer, error.message))
    return [*found, *_end_problems(record.get("after")), *_unfounded(record)]


def _end_problems(after: object) -> list[tuple[str, str]]:
    if after is None:
        return []
    if not isinstance(after, dict) or not isinstance(after.get("seals_ok"), bool):
        return [("/after/seals_ok", "`seals_ok` is not true or false")]
    changes = after.get("changes")
    if not isinstance(changes, list) or not all(
        isinstance(each, dict) and _is_text(each.get("path")) and _is_text(each.get("what")) for each in changes
    ):
        return [("/after/changes", "`changes` is not a list of paths with what changed")]
    if after["seals_ok"] is bool(changes):
        return [("/after/seals_ok", f"`seals_ok` is {str(after['seals_ok']).lower()} with {len(changes)} changes")]
    return []


def _unfounded(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the record's level claims and does not name."""
    level, abi = record.get("level"), record.get("landlock_abi")
    found = []
    if level in (GuardLevel.MOUNT_LANDLOCK, GuardLevel.LANDLOCK) and not (type(abi) is int and abi >= _LANDLOCK_ABI):
        found.append(("/landlock_abi", f"`landlock_abi` has to be {_LANDLOCK_ABI} or more at the level {level}"))
    if level in (GuardLevel.MOUNT_LANDLOCK, GuardLevel.MOUNT) and not record.get("bwrap"):
        found.append(("/bwrap", f"`bwrap` has to be a version at the level {level}"))
    return found
