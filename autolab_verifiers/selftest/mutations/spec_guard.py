"""Mutations for each rule of ``spec_guard``. They begin with a run that was guarded; the sample's own was not."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, Final

from autolab_core.io.documents import dump_json
from autolab_core.io.layout import EXPERIMENTS, POLICY, guard_launched
from autolab_core.vocab.guard import Change as What
from autolab_core.vocab.guard import GuardLevel
from autolab_verifiers.selftest.guarding import RECORD, SPEC, guarded, known, recorded
from autolab_verifiers.selftest.mutation import Change, Mutation
from autolab_verifiers.selftest.repository import RUN, RUN_PATHS, Repository

__all__ = ["TABLE"]

COPY: Final = guard_launched(RUN)
ZERO: Final = "0" * 64


def _says(pointer: str, value: Any) -> Change:
    return lambda r: recorded(r, pointer, value)


def _lacks(pointer: str) -> Change:
    return lambda r: known(r.drop(RECORD, pointer))


def _asked(r: Repository, text: str) -> Repository:
    """Let the verifier policy say *text*, too."""
    before = (r.root / POLICY).read_text() if (r.root / POLICY).exists() else ""
    return r.write(POLICY, f"{before}{text}\n")


def _required(word: str) -> Callable[[Repository], Repository]:
    """Let the verifier's setting ask for a level."""
    return lambda r: _asked(r, f"settings: {{spec_guard: {{require: {word}}}}}")


def _weakened(r: Repository, level: GuardLevel) -> Repository:
    """Let the guard have been as weak as *level*, and everybody say so."""
    recorded(r, "/level", str(level))
    return r.manifest("/guard/level", str(level))


def _none_asked(r: Repository) -> Repository:
    for pointer in ("/require", "/policy/require"):
        recorded(guarded(r) if pointer == "/require" else r, pointer, str(GuardLevel.NONE))
    _asked(r, f"guard: {{require: {GuardLevel.NONE}}}")
    return r.manifest("/guard/require", str(GuardLevel.NONE))


def _changed(r: Repository, what: What) -> Repository:
    recorded(r, "/after/seals_ok", False)
    return recorded(r, "/after/changes", [{"path": SPEC, "what": str(what)}])


def _seal_index(r: Repository) -> int:
    return next(index for index, seal in enumerate(r.read(RECORD)["before"]["seals"]) if seal["path"] == SPEC)


def _sealed(r: Repository, key: str, value: Any) -> Repository:
    return recorded(r, f"/before/seals/{_seal_index(r)}/{key}", value)


def _launched(r: Repository) -> Repository:
    """Let a launch have put the run under its guard."""
    policy = dump_json(r.read(RECORD)["policy"])
    return r.manifest("/guard/policy_sha256", hashlib.sha256(policy).hexdigest())


def _of(rule: str, name: str, damage: Change, *also: str, mild: bool = False) -> Mutation:
    return Mutation(rule, name, damage, also=frozenset(also), mild=mild, prepare=guarded)


TABLE: Final[tuple[Mutation, ...]] = (
    _of("SG001", "record_is_gone", lambda r: r.remove(RECORD)),
    _of("SG001", "record_is_no_json", lambda r: r.write(RECORD, "guarded, honestly\n")),
    _of("SG001", "record_was_edited", lambda r: r.set(RECORD, "/exit_code", 1)),
    _of("SG001", "manifest_tells_of_another_level", lambda r: r.manifest("/guard/level", "mount")),
    _of("SG001", "another_policy_was_launched", lambda r: r.manifest("/guard/policy_sha256", "0" * 64)),
    _of("SG001", "manifest_has_no_hash", lambda r: r.drop(RUN_PATHS.manifest, "/guard/record_sha256")),
    _of("SG001", "manifest_knows_no_guard", lambda r: r.drop(RUN_PATHS.manifest, "/guard")),
    _of(
        "SG001",
        "setting_asks_for_a_guard",
        lambda r: _required("content")(r.remove(RECORD).drop(RUN_PATHS.manifest, "/guard")),
    ),
    _of(
        "SG001",
        "nobody_guarded_the_spec",
        lambda r: r.remove(RECORD).drop(RUN_PATHS.manifest, "/guard"),
    ),
    Mutation(
        "SG001",
        "nobody_guarded_the_spec_and_nobody_asked",
        lambda r: r.remove(RECORD).drop(RUN_PATHS.manifest, "/guard"),
        prepare=_none_asked,
        mild=True,
    ),
    _of("SG002", "abi_is_missing", _lacks("/landlock_abi")),
    _of("SG002", "abi_is_too_old", _says("/landlock_abi", 2)),
    _of("SG002", "bwrap_has_no_version", _says("/bwrap", None)),
    _of("SG002", "user_is_missing", _lacks("/uid")),
    _of("SG002", "kernel_is_missing", _lacks("/kernel")),
    _of("SG002", "what_is_not_covered_is_missing", _lacks("/not_covered")),
    _of("SG002", "policy_is_none", _says("/policy", {"profile": "everyone"})),
    _of("SG002", "seals_are_none", _says("/before/seals", "all well")),
    _of("SG002", "end_contradicts_itself", _says("/after/seals_ok", False)),
    _of("SG002", "record_is_a_list", lambda r: known(r.write(RECORD, "[]\n")), "SG001"),
    _of("SG003", "level_is_below_its_policy", lambda r: _weakened(r, GuardLevel.NONE)),
    _of("SG003", "level_is_below_the_setting", lambda r: _required("mount")(_weakened(r, GuardLevel.LANDLOCK))),
    _of("SG003", "setting_is_no_level", _required("strong")),
    _of(
        "SG003",
        "level_is_below_the_policy",
        lambda r: _asked(_weakened(r, GuardLevel.LANDLOCK), "guard: {require: mount}"),
    ),
    Mutation(
        "SG003",
        "nothing_was_enforced",
        lambda r: _weakened(r, GuardLevel.NONE),
        prepare=_none_asked,
        mild=True,
    ),
    _of("SG004", "probe_got_through", _says("/probe/0/errno", None)),
    _of("SG004", "probe_met_another_error", _says("/probe/1/errno", "ENOENT")),
    _of("SG004", "probe_was_left_out", _says("/probe", [])),
    _of("SG004", "probe_tried_another_file", _says("/probe/0/path", "/etc/hostname")),
    _of("SG005", "content_changed", lambda r: _changed(r, What.CONTENT)),
    _of("SG005", "change_was_undone", lambda r: _changed(r, What.RESTORED)),
    _of("SG005", "guard_never_looked_again", _says("/after", None)),
    _of("SG006", "spec_was_changed_later", lambda r: r.replace(SPEC, "0.9", "0.8")),
    _of("SG006", "spec_is_gone", lambda r: r.remove(SPEC)),
    _of("SG006", "seal_is_of_another_file", lambda r: _sealed(r, "sha256", ZERO)),
    _of("SG007", "spec_was_never_committed", lambda r: _sealed(r, "head_blob", None), mild=True),
    _of("SG007", "another_spec_was_committed", lambda r: _sealed(r, "head_blob", ZERO), mild=True),
    _of("SG008", "policy_is_about_another_spec", _says("/policy/spec", "experiments/exp-000.md")),
    _of("SG008", "policy_names_no_spec", _says("/policy/spec", None)),
    _of("SG008", "spec_was_not_sealed", lambda r: recorded(r, "/before/seals", [])),
    _of("SG008", "spec_was_not_covered", _says("/covered", [EXPERIMENTS.upper()])),
    _of("SG009", "another_commit", lambda r: r.manifest("/commit/sha", "0" * 40)),
    _of("SG009", "another_job", lambda r: r.manifest("/submission/token", "autolab-another-00000000"), "RH008"),
    _of("SG009", "another_script", lambda r: r.manifest("/submission/script_sha256", ZERO), "RH009"),
    _of("SG009", "launch_kept_nothing", lambda r: _launched(r).remove(COPY)),
    _of("SG009", "what_the_launch_kept_is_a_list", lambda r: r.write(COPY, "[]\n")),
)
