"""Mutations for each rule of ``evidence``. They start from a record that a check bears out."""

from __future__ import annotations

import json
from typing import Any, Final

from autolab_core.io.layout import VERIFICATION_RESULT
from autolab_verifiers.selftest.mutation import Change, Mutation
from autolab_verifiers.selftest.repository import RUN, RUN_PATHS, Repository

__all__ = ["TABLE"]

_EVIDENCE: Final = RUN_PATHS.evidence


def _claimed(r: Repository) -> Repository:
    """The run's log as evidence, and the verification that it points to."""
    record = {
        "artifact_path": RUN_PATHS.log("stdout.log"),
        "what_it_proves": "The command came to its end.",
        "verifier_output_pointer": f"{VERIFICATION_RESULT}#RH003",
        "excerpt": "done",
    }
    by_pointer = {**record, "verifier_output_pointer": f"{VERIFICATION_RESULT}#/checks/0"}
    r.write(_EVIDENCE, json.dumps({"schema_version": "1.0", "evidence": [record, by_pointer]}))
    checks = [
        {"verifier": "run_health", "rule": "RH003", "status": "pass", "findings": []},
        {"verifier": "ledger", "rule": "LG001", "status": "skip", "findings": [], "reason": "the run is local"},
        {"verifier": "run_health", "rule": "RH004", "status": "fail", "findings": []},
    ]
    return r.write(VERIFICATION_RESULT, json.dumps({"run_id": RUN, "checks": checks}))


def _says(key: str, value: Any) -> Change:
    return lambda r: r.set(_EVIDENCE, f"/evidence/0/{key}", value)


def _points(rest: str, path: str = VERIFICATION_RESULT) -> Change:
    return _says("verifier_output_pointer", f"{path}#{rest}")


def _mutation(rule: str, name: str, damage: Change, *also: str) -> Mutation:
    return Mutation(rule, name, damage, frozenset(also), prepare=_claimed)


TABLE: Final[tuple[Mutation, ...]] = (
    _mutation("EV001", "claim_is_left_out", lambda r: r.drop(_EVIDENCE, "/evidence/0/what_it_proves")),
    _mutation("EV001", "check_is_left_out", lambda r: r.drop(_EVIDENCE, "/evidence/0/verifier_output_pointer")),
    _mutation("EV001", "time_is_none", _says("at", "yesterday")),
    _mutation("EV002", "artifact_is_gone", lambda r: r.remove(RUN_PATHS.log("stdout.log"))),
    _mutation("EV002", "artifact_lies_elsewhere", _says("artifact_path", "../notes.md"), "EV001"),
    _mutation("EV003", "check_was_skipped", _points("LG001")),
    _mutation("EV003", "check_failed", _points("RH004")),
    _mutation("EV003", "check_was_not_run", _points("RH999")),
    _mutation("EV003", "pointer_leads_to_a_failure", _points("/checks/2")),
    _mutation("EV003", "pointer_leads_nowhere", _points("/checks/3")),
    _mutation("EV003", "pointer_leads_to_no_check", _points("/run_id")),
    _mutation("EV003", "no_check_is_named", _says("verifier_output_pointer", VERIFICATION_RESULT)),
    _mutation("EV003", "result_is_the_agent_s_own", _points("RH003", f"{RUN_PATHS.folder}/mine.json")),
    _mutation("EV003", "result_is_gone", lambda r: r.remove(VERIFICATION_RESULT)),
    _mutation("EV003", "result_is_about_another_run", lambda r: r.set(VERIFICATION_RESULT, "/run_id", "other")),
    _mutation("EV004", "excerpt_is_made_up", _says("excerpt", "accuracy 99")),
    _mutation("EV004", "artifact_says_something_else", lambda r: r.write(RUN_PATHS.log("stdout.log"), "killed\n")),
)
