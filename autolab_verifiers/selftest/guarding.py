"""The sample's run as one that was guarded: a spec, the design that names it, a real plan and real seals.

Only the level and the probe's answers are made up, because a self-test cannot count on what the machine enforces.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

from autolab_core.guard.launched import launched
from autolab_core.guard.plan import resolve
from autolab_core.guard.policy import GuardPolicy
from autolab_core.guard.record import CREATE, OPEN, Machine, begun, finished, in_short
from autolab_core.guard.seal import take_plan
from autolab_core.io.documents import dump_json
from autolab_core.io.layout import EXPERIMENTS, guard_launched, guard_record
from autolab_core.vocab.guard import GuardLevel, Profile
from autolab_verifiers.selftest.repository import PATHS, RUN, RUN_PATHS, Repository

__all__ = ["RECORD", "SPEC", "guarded", "with_spec"]

SPEC: Final = f"{EXPERIMENTS}/exp-001-momentum.md"
SPEC_TEXT: Final = "# Experiment 001: momentum\n\nMomentum 0.9 against plain gradient descent, three seeds each.\n"
RECORD: Final = guard_record(RUN)


def with_spec(r: Repository) -> Repository:
    """Let the design name a spec, which is there, as if it always had."""
    r.write(SPEC, SPEC_TEXT)
    design = (r.root / PATHS.design).read_bytes() + f"spec: {SPEC}\n".encode()
    r.write(PATHS.design, design)
    return r.set(PATHS.review, "/reviewed/design_sha256", hashlib.sha256(design).hexdigest())


def guarded(r: Repository) -> Repository:
    """Let the run be of a spec, and guarded at the strongest level, with nothing to object to."""
    with_spec(r)
    policy = GuardPolicy(Profile.RUN, (EXPERIMENTS,), (RUN_PATHS.folder,), spec=SPEC)
    plan = resolve(policy, str(r.root))
    # What git would have said: the committed spec is the one that was sealed.
    seals = [s._replace(head_blob=s.git_blob) if s.path == SPEC else s for s in take_plan(plan)]
    probe = [
        {"attempt": OPEN, "path": f"{plan.root}/{SPEC}", "errno": "EROFS"},
        {"attempt": CREATE, "path": f"{plan.root}/{EXPERIMENTS}", "errno": "EROFS"},
    ]
    record = begun(
        plan,
        GuardLevel.MOUNT_LANDLOCK,
        Machine("6.18.0", 7, "0.8.0", 1000, 1000),
        command=["bash", RUN_PATHS.script],
        probe=probe,
        seals=seals,
        sealed_at="2026-02-01T12:00:00Z",
        started_at="2026-02-01T12:00:01Z",
    )
    ended = finished(record, [], checked_at="2026-02-01T12:00:09Z", finished_at="2026-02-01T12:00:09Z", exit_code=0)
    r.write(guard_launched(RUN), dump_json(launched(r.read(RUN_PATHS.manifest))))
    return _on_record(r, ended)


def _on_record(r: Repository, record: dict[str, Any]) -> Repository:
    source = dump_json(record)
    r.write(RECORD, source)
    return r.manifest("/guard", in_short(record, RECORD, hashlib.sha256(source).hexdigest()))


def recorded(r: Repository, pointer: str, value: Any) -> Repository:
    """Let the record have *value* at *pointer*, and the manifest its hash, as if it always had."""
    r.set(RECORD, pointer, value)
    return known(r)


def known(r: Repository) -> Repository:
    """Let the manifest have the hash of the record as it now is."""
    return r.manifest("/guard/record_sha256", hashlib.sha256((r.root / RECORD).read_bytes()).hexdigest())
