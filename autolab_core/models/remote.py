"""``.autolab/remote_profiles.yaml``: hosts behind ssh where runs can be sent; and what a manifest says of one.

How a host is reached (user, keys, jump hosts) is in the user's own ssh configuration. No secret stands in a profile,
because the file is committed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import attrs

from autolab_core.models.checks import extra, is_time
from autolab_core.models.resources import Memory
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.ids import id_problem
from autolab_core.vocab.remote import PLAIN_WORD_PATTERN, REMOTE_ROOT_PATTERN, SSH_ALIAS_PATTERN, DirtyTree, PushMethod

__all__ = ["PullRules", "PushRules", "RemoteProfile", "RemoteProfiles", "RemoteRecord", "SyncRules"]

_POLL_SECONDS_MAX: Final = 3600
_WORD: Final = re.compile(PLAIN_WORD_PATTERN)
_SECRET_KEY: Final = re.compile(r"pass(?:word|wd|phrase)|secret|token|api_?key|credential|private_?key|identity", re.I)
# A value that is written down; `$NAME` and `$(command)` are read where they are needed.
_SECRET_VALUE: Final = re.compile(
    r"(?m)(?:^|[\s;&])(\w*(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY)\w*)=(?=[^\s$`;&])(?![\"']?[$`])", re.I
)
_PRIVATE_KEY: Final = "PRIVATE KEY-----"
_ELSEWHERE: Final = "no secret is kept in a profile; put it into ~/.ssh/config, an agent or a file on the other side"

_Check = Callable[[object, "attrs.Attribute[Any]", Any], None]


def _fits(pattern: str, help_text: str) -> _Check:
    compiled = re.compile(pattern)

    def check(instance: object, attribute: attrs.Attribute[Any], value: str | None) -> None:
        if value is not None and not compiled.match(value):
            raise ValueError(f"{attribute.name} {value!r} is refused: {help_text}")

    return check


_is_alias: Final = _fits(SSH_ALIAS_PATTERN, "write the host's alias of ~/.ssh/config, letters, digits and . _ - alone")
_is_root: Final = _fits(
    REMOTE_ROOT_PATTERN, "write an absolute path or ~/…, without '..', and not / or the home folder itself"
)


def _is_one_of(*words: str) -> _Check:
    def check(instance: object, attribute: attrs.Attribute[Any], value: str) -> None:
        if value not in words:
            raise ValueError(f"{attribute.name} {value!r} is none of {', '.join(words)}")

    return check


def _are_words(instance: object, attribute: attrs.Attribute[Any], value: tuple[str, ...]) -> None:
    for word in value:
        if not _WORD.match(word):
            raise ValueError(f"{attribute.name}: {word!r} is no word that a command can be given")


def _keeps_no_secret(instance: object, attribute: attrs.Attribute[Any], value: str | None) -> None:
    if value is None:
        return
    if _PRIVATE_KEY in value:
        raise ValueError(f"{attribute.name} holds a private key: {_ELSEWHERE}")
    if found := _SECRET_VALUE.search(value):
        raise ValueError(f"{attribute.name} gives {found[1]} a value: {_ELSEWHERE}")


def _secret_keys(members: Mapping[str, Any]) -> Iterator[str]:
    for key, member in members.items():
        if _SECRET_KEY.search(key):
            yield key
        if isinstance(member, Mapping):
            yield from _secret_keys(member)


def _no_secret_keys(instance: object, attribute: attrs.Attribute[Any], value: Mapping[str, Any]) -> None:
    for key in _secret_keys(value):
        raise ValueError(f"the key {key!r} is refused: {_ELSEWHERE}")


def _extra_without_secrets() -> Any:
    return attrs.field(factory=dict, repr=False, kw_only=True, validator=_no_secret_keys)


_NOT_EMPTY: Final = attrs.validators.optional(attrs.validators.min_len(1))


@attrs.frozen
class SyncRules:
    """Which files are copied. Patterns are those of gitignore(5); in ``include``, too, the last that fits decides.

    ``include`` names files beside those that are taken anyway, ``exclude`` leaves files out, whoever named them.
    ``max_file`` and ``max_total``: a copy with a larger file, or more in all, is refused; None is no limit.
    """

    include: tuple[str, ...] = attrs.field(default=(), validator=_are_words)
    exclude: tuple[str, ...] = attrs.field(default=(), validator=_are_words)
    max_file: Memory | None = None
    max_total: Memory | None = None
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class PushRules:
    """How code gets there (``PushMethod``), and what is done with a tree that is not as its commit (``DirtyTree``).

    Taken are the tracked files and, of the others, those that ``rules.include`` names.
    """

    method: str = attrs.field(default=PushMethod.GIT.value, validator=_is_one_of(*PushMethod))
    dirty: str = attrs.field(default=DirtyTree.REFUSE.value, validator=_is_one_of(*DirtyTree))
    rules: SyncRules = attrs.field(factory=SyncRules)
    extra: Mapping[str, Any] = _extra_without_secrets()


@attrs.frozen
class PullRules:
    """How artifacts come home: ``auto``, ``rsync``, ``sftp`` or an installed plugin's name. All of a run's folder is
    taken but what ``rules.exclude`` names and ``rules.include`` does not."""

    method: str = attrs.field(default="auto", validator=attrs.validators.min_len(1))
    rules: SyncRules = attrs.field(factory=SyncRules)
    extra: Mapping[str, Any] = _extra_without_secrets()


@attrs.frozen
class RemoteProfile:
    """One host. ``host`` is an alias of ssh's configuration (``ssh_config``: another file than the user's own).

    ``root``: the folder there below which everything lies, absolute or ``~/…``. ``activation``: shell lines that run
    before the scheduler's commands, and in job scripts before the environment page's block. ``scratch``: the folder
    where jobs may keep what is large. ``submit_options``: words that ``sbatch`` is given beside ours. ``poll_seconds``:
    the host is asked no more often than that. ``python``: the interpreter there.
    """

    host: str = attrs.field(validator=_is_alias)
    root: str = attrs.field(validator=_is_root)
    ssh_config: str | None = attrs.field(default=None, validator=_NOT_EMPTY)
    activation: str | None = attrs.field(default=None, validator=_keeps_no_secret)
    scratch: str | None = attrs.field(default=None, validator=_is_root)
    submit_options: tuple[str, ...] = attrs.field(default=(), validator=_are_words)
    push: PushRules = attrs.field(factory=PushRules)
    pull: PullRules = attrs.field(factory=PullRules)
    poll_seconds: int = attrs.field(
        default=30, validator=[attrs.validators.ge(1), attrs.validators.le(_POLL_SECONDS_MAX)]
    )
    python: str | None = attrs.field(default=None, validator=_NOT_EMPTY)
    extra: Mapping[str, Any] = _extra_without_secrets()


def _names_are_ids(instance: object, attribute: attrs.Attribute[Any], value: Mapping[str, RemoteProfile]) -> None:
    for name in value:
        if (problem := id_problem(name)) is not None:
            raise ValueError(f"the profile's name {name!r} is refused: {problem}")


@attrs.frozen
class RemoteProfiles:
    """The whole file. ``default`` is the profile that is meant where none is named."""

    profiles: Mapping[str, RemoteProfile] = attrs.field(factory=dict, validator=_names_are_ids)
    default: str | None = None
    extra: Mapping[str, Any] = _extra_without_secrets()

    def named(self, name: str | None = None) -> tuple[str, RemoteProfile]:
        """The profile *name*, or the default one, with its name. Raises UsageError naming those that there are."""
        wanted = self.default if name is None else name
        if wanted is None or wanted not in self.profiles:
            what = "no profile is the default" if wanted is None else f"there is no remote profile {wanted!r}"
            raise UsageError(f"{what}; there are: {', '.join(sorted(self.profiles)) or 'none'}")
        return wanted, self.profiles[wanted]


@attrs.frozen
class RemoteRecord:
    """Where a run was sent, and what exactly lies there. ``work_tree`` is the absolute path on the other side.

    ``commit`` is the commit that the tree is made from, None outside of a git repository; ``patch_sha256`` (hex) is
    over the recorded patch that leads from the commit to the tree, None where there is none. ``tree_sha256`` is over
    the sorted paths, modes and hashes of every file sent, as the other side counted them (``transfer.sending``).
    ``clock_offset_seconds``: our clock minus theirs.
    """

    profile: str
    host: str
    root: str
    work_tree: str
    method: str
    commit: str | None = None
    patch_sha256: str | None = None
    tree_sha256: str | None = None
    files: int | None = None
    bytes: int | None = None
    sent_at: str | None = attrs.field(default=None, validator=is_time)
    clock_offset_seconds: float | None = None
    extra: Mapping[str, Any] = extra()
