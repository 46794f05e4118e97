"""Documents of every kind, and ways to break them.

``VALID[name]`` makes documents that the schema *name* accepts; ``mutants(name)`` breaks one of them in one or two
places; ``MODELS[name]`` is the class that reads it. Values are hostile on purpose.
"""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

from autolab_core.models.decision import Decision
from autolab_core.models.design import Design
from autolab_core.models.evidence import EvidenceFile
from autolab_core.models.handover import Handover
from autolab_core.models.limits import LineLimitsFile
from autolab_core.models.manifest import JOB_ID_NEEDED, RunManifest
from autolab_core.models.metrics import RunMetrics
from autolab_core.models.policy import Policy
from autolab_core.models.remote import RemoteProfiles
from autolab_core.models.report import Report
from autolab_core.models.review import Review
from autolab_core.models.stage_context import StageContextFile
from autolab_core.models.state import Backlog, State, TodoFocus
from autolab_core.vocab.compute import ComputePreference
from autolab_core.vocab.guard import GuardLevel
from autolab_core.vocab.remote import DirtyTree, PushMethod
from autolab_core.vocab.states import (
    SYNC_SYNONYMS,
    HostMode,
    MetricsStatus,
    ReviewStatus,
    RunStatus,
    Severity,
    Stage,
    StageOutcome,
    SyncStatus,
    Verdict,
)
from autolab_core.vocab.transitions import DECISIONS

__all__ = ["HOSTILE", "MODELS", "VALID", "hostile", "ids", "mutants", "times"]

MODELS: dict[str, type] = {
    "backlog": Backlog,
    "decision_result": Decision,
    "design": Design,
    "evidence": EvidenceFile,
    "handover": Handover,
    "line_limits": LineLimitsFile,
    "remote_profiles": RemoteProfiles,
    "review_result": Review,
    "run_manifest": RunManifest,
    "run_metrics": RunMetrics,
    "stage_context": StageContextFile,
    "state": State,
    "todo_focus": TodoFocus,
    "verification_result": Report,
    "verifier_policy": Policy,
}

texts = st.text(max_size=8)
ids = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._+-]{0,12}", fullmatch=True)
times = st.sampled_from(["2026-02-01T12:00:00Z", "2026-02-01t12:00:00.123456789+05:30", "0001-01-01T00:00:00Z"])
durations = st.sampled_from([1, 30, 90.0, "30", "1:30", "00:50:00", "1-0", "2-12:30", "365-23:59:59", "UNLIMITED"])
memories = st.sampled_from([1, 4096, 4096.0, "1", "16G", "64GB", "4096M", "512k", "2Tb"])
counts = st.one_of(st.integers(0, 10), st.just(3.0))
ones = st.one_of(st.integers(1, 10), st.just(3.0))
integers = st.one_of(st.integers(), st.just(-7.0))
numbers = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False))
plain = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(texts, inner, max_size=2)),
    max_leaves=4,
)
free = st.dictionaries(texts, plain, max_size=2)
paths = st.sampled_from(["a", "data/train.csv", "a/..b/c", "x~", "<x>", "{a}"])


def words(kind: Any) -> st.SearchStrategy[str]:
    return st.sampled_from([word.value for word in kind])


def null(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(strategy, st.none())


def mapping(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """The keys of *required*, any of *optional*, and now and then one that nobody knows."""
    return st.fixed_dictionaries(required, optional={**optional, "x_other_tool": plain, "": plain})


names = st.text(min_size=1, max_size=6)
arms = mapping({"name": names}, {"description": null(texts), "changes": free})

entrypoints = st.one_of(
    mapping({"module": names}, {"args": free, "cli": st.none()}),
    mapping({"cli": names}, {"args": st.just({}), "module": st.none()}),
)
parsers = st.one_of(
    mapping({"kind": st.just("command"), "command": names}, {"module": null(texts), "timeout": null(durations)}),
    mapping({"kind": st.just("python"), "module": names, "callable": names}, {"command": null(texts)}),
)
compute = mapping(
    {},
    {
        "location": null(words(HostMode)),
        "remote": null(names),
        "walltime_estimate": null(durations),
        "memory_estimate": null(memories),
        "gpu_count": counts,
        "partition": null(texts),
        "num_nodes": ones,
        "cpus": null(ones),
        "seed": null(integers),
    },
)
primaries = mapping({"name": names}, {"unit": null(texts), "mode": st.sampled_from(["maximize", "minimize", None])})
plans = mapping(
    {"primary": primaries},
    {
        "secondary": st.lists(texts, max_size=2),
        "success_delta": st.one_of(st.none(), texts, numbers),
        "aggregation": null(texts),
    },
)
designs = mapping(
    {"iteration_id": ids, "entrypoint": entrypoints, "metrics": plans},
    {
        "schema_version": st.just("1.0"),
        "id": null(ids),
        "hypothesis_id": null(ids),
        "spec": null(paths),
        "compute": compute,
        "inputs": st.lists(paths, max_size=2),
        "baselines": st.lists(arms, max_size=2),
        "variants": st.lists(arms, max_size=2),
        "replicates": null(mapping({"count": ones}, {"seed_strategy": null(texts), "base_seed": null(integers)})),
        "implementation_requirements": st.lists(free, max_size=2),
        "extract_parser": null(parsers),
    },
)

evidence = mapping(
    {
        "evidence": st.lists(
            mapping(
                {
                    "artifact_path": paths,
                    "what_it_proves": st.text(min_size=1, max_size=8),
                    "verifier_output_pointer": st.text(min_size=1, max_size=8),
                },
                {"excerpt": null(texts), "command": null(texts), "at": null(times)},
            ),
            max_size=2,
        )
    },
    {},
)
hashes = st.dictionaries(texts, texts, max_size=2)
agent_runs = mapping(
    {"argv": st.lists(texts, max_size=2), "started_at": times, "log": texts, "guard": ids},
    {
        "ended_at": null(times),
        "exit_code": null(integers),
        "level": null(texts),
        "timed_out": st.booleans(),
        "interrupted": st.booleans(),
    },
)
handovers = mapping(
    {"stage": words(Stage), "iteration_id": ids, "handed_over_at": times, "prompt": texts, "context": texts},
    {
        "run_id": null(ids),
        "stage_attempt": counts,
        "entered_at": st.one_of(times, st.just("")),
        "awaited": st.lists(texts, max_size=2),
        "base": mapping({}, {"commit": null(texts), "changed": hashes, "note": null(texts)}),
        "judged": hashes,
        "judged_at": null(times),
        "objections": hashes,
        "agent": null(agent_runs),
    },
)
decisions = mapping(
    {"decision": st.sampled_from([str(word) for word in DECISIONS]), "rationale": st.text(min_size=1, max_size=8)},
    {"evidence": st.lists(plain, max_size=2)},
)
reviews = mapping(
    {"status": words(ReviewStatus)},
    {
        "blocking_findings": st.lists(plain, max_size=2),
        "required_checks": st.dictionaries(texts, texts, max_size=2),
        "reviewed_at": null(times),
        "reviewed": null(
            mapping({}, {"commit": null(texts), "files": st.dictionaries(texts, texts, max_size=2), "at": null(times)})
        ),
    },
)

history = mapping(
    {"timestamp_utc": times, "stage_before": words(Stage), "stage_after": words(Stage), "status": words(StageOutcome)},
    {"summary": texts, "stage_attempt": integers, "who": null(texts), "why": null(texts)},
)
ids_or_empty = st.one_of(ids, st.just(""))
states = mapping(
    {"iteration_id": ids, "stage": words(Stage)},
    {
        "experiment_id": ids_or_empty,
        "stage_attempt": counts,
        "last_run_id": ids_or_empty,
        "pending_run_id": ids_or_empty,
        "sync_status": texts,
        "max_stage_attempts": ones,
        "max_total_iterations": ones,
        "assistant_mode": texts,
        "history": st.lists(history, max_size=2),
    },
)
backlogs = mapping(
    {},
    {
        "hypotheses": st.lists(free, max_size=2),
        "experiments": st.lists(
            mapping({"id": ids, "status": texts}, {"hypothesis_id": null(ids), "iteration_id": null(ids)}), max_size=2
        ),
    },
)
todos = mapping(
    {},
    {
        "generated_at": null(times),
        "stage": null(texts),
        "open_task_count": counts,
        "focus_tasks": st.lists(mapping({"task_id": texts, "text": texts}, {"source": null(texts)}), max_size=2),
    },
)

job_ids = st.sampled_from(["4242", "4242_7", 4242, 4242.0])
resource_requests = mapping(
    {},
    {
        "cpus": null(integers),
        "memory": null(memories),
        "gpu_count": integers,
        "walltime": null(durations),
        "partition": null(texts),
        "num_nodes": null(integers),
        "account": null(texts),
        "job_id": null(job_ids),
        "slurm": st.one_of(plain, st.fixed_dictionaries({}, optional={"job_id": job_ids})),
    },
)
probes = mapping({"argv": st.lists(texts, max_size=2), "exit_code": null(integers)}, {"stdout": texts, "stderr": texts})
failures = mapping(
    {"reason": texts},
    {"stage": null(words(Stage)), "outcome": null(words(StageOutcome)), "missing": st.lists(texts, max_size=2)},
)
manifest_parts: dict[str, Any] = {
    "schema_version": st.just("1.0"),
    "launch_mode": null(words(HostMode)),
    "host_mode": null(words(HostMode)),
    "command": null(texts),
    "job_id": null(st.one_of(job_ids, st.just(""))),
    "resource_request": null(resource_requests),
    "timestamps": mapping({}, {"created_at": null(times), "started_at": null(times), "completed_at": null(times)}),
    "artifact_sync_to_local": null(
        mapping(
            {"status": st.one_of(words(SyncStatus), st.sampled_from(sorted(SYNC_SYNONYMS)))},
            {"method": null(texts), "files": null(integers), "checksums_sha256": null(texts), "diagnosis": null(texts)},
        )
    ),
    "commit": null(mapping({}, {"sha": null(texts), "dirty": null(st.booleans()), "untracked": null(integers)})),
    "host": st.dictionaries(texts, probes, max_size=2),
    "submission": null(mapping({"token": texts}, {"pid": null(integers)})),
    "scheduler": null(free),
    "failure": null(failures),
    "environment": null(mapping({}, {"inputs": st.dictionaries(texts, texts, max_size=2), "python": null(texts)})),
    "verifier_snapshot": null(
        mapping({"passed": st.booleans()}, {"counts": st.dictionaries(texts, integers, max_size=2)})
    ),
    "guard": null(free),
    "history": st.lists(mapping({"at": times, "status": words(RunStatus)}, {"why": texts}), max_size=2),
    "replicates": st.lists(mapping({"index": counts, "run_id": ids, "seed": integers}, {}), max_size=2),
    "replicate": null(mapping({"group": ids, "index": counts, "seed": integers}, {})),
    "started_at": st.one_of(times, plain),
    "completed_at": st.one_of(times, plain),
    "slurm": st.one_of(plain, st.fixed_dictionaries({}, optional={"job_id": job_ids})),
}


def _give_job_id(manifest: dict[str, Any]) -> dict[str, Any]:
    """A Slurm run that needs a job id has one."""
    if manifest["status"] in {str(status) for status in JOB_ID_NEEDED} and not manifest.get("job_id"):
        manifest["job_id"] = "4242"
    return manifest


manifests = mapping({"run_id": ids, "iteration_id": ids, "status": words(RunStatus)}, manifest_parts).map(_give_job_id)

results = mapping({"name": names, "value": null(numbers)}, {})
metrics = mapping(
    {
        "iteration_id": ids,
        "run_id": ids,
        "status": words(MetricsStatus),
        "primary_metric": mapping({"name": names, "value": null(numbers)}, {"delta_vs_baseline": null(numbers)}),
    },
    {
        "baseline_results": st.lists(results, max_size=2),
        "variant_results": st.lists(results, max_size=2),
        "aggregation_method": null(texts),
        "per_run_metrics": st.lists(free, max_size=2),
        "missing": st.lists(texts, max_size=2),
    },
)

amounts = null(st.integers(0, 10**6))
experiment_metrics = mapping(
    {
        "experiment": ids,
        "timestamp": times,
        "baseline": free,
        "treatment": free,
        "per_seed": st.lists(mapping({"seed": integers}, {}), max_size=2),
        "sanity_checks": free,
        "resource_usage": mapping({}, {"gpu_hours": amounts, "total_runs": amounts}),
        "abort_triggered": st.booleans(),
        "abort_reason": names,
        "notes": texts,
    },
    {},
)

arms = null(mapping({}, {"source": null(texts), "values": free}))
experiment_configs = mapping(
    {},
    {
        "experiment": ids,
        "spec": mapping({}, {"path": texts, "git_blob": null(texts)}),
        "seeds": st.lists(integers, max_size=2),
        "baseline_seeds": st.lists(integers, max_size=2),
        "commit": free,
        "versions": free,
        "commands": st.lists(
            mapping({}, {"phase": texts, "exit_code": null(integers), "seconds": amounts}), max_size=2
        ),
        "configuration": mapping({}, {"baseline": arms, "treatment": arms}),
        "guard": null(free),
        "packages": mapping({}, {"at_seal": free, "at_end": free}),
        "sanity": st.lists(mapping({}, {"check": texts, "exit_code": null(integers)}), max_size=2),
        "baseline_attempts": st.lists(mapping({}, {"values": free, "reproduced": null(st.booleans())}), max_size=2),
        "budget": st.lists(mapping({}, {"kind": texts, "limit": amounts, "over": st.booleans()}), max_size=2),
        "waived": st.lists(mapping({"criterion": texts}, {"reason": null(texts)}), max_size=2),
        "resource_usage": mapping({}, {"measured": free, "reported": null(free)}),
        "journal": mapping({}, {"path": texts, "entries": st.integers(0, 99)}),
    },
)

limits = mapping(
    {
        "line_limits": mapping(
            {},
            {
                "fixed_max_lines": st.dictionaries(texts, counts, max_size=2),
                "run_manifest_dynamic": mapping(
                    {}, {"min_cap_lines": counts, "max_bytes": counts, "count_paths": st.lists(texts, max_size=2)}
                ),
            },
        )
    },
    {},
)
name_lists = st.lists(texts, max_size=2)
policies = mapping(
    {},
    {
        "stages": st.dictionaries(texts, mapping({}, {"run": name_lists, "required": name_lists}), max_size=2),
        "groups": st.dictionaries(texts, name_lists, max_size=2),
        "settings": st.dictionaries(texts, free, max_size=2),
        "plugins": mapping({}, {"block": name_lists}),
        "launch": mapping({}, {"require_reviewed": st.booleans(), "scheduler": null(st.text(min_size=1, max_size=9))}),
        "slurm": mapping(
            {},
            {
                "requeue": st.booleans(),
                "poll_seconds": null(st.integers(0, 3600)),
                "absent_grace": durations,
                "sync_grace": durations,
            },
        ),
        "compute": mapping(
            {},
            {
                "preference": words(ComputePreference),
                "backends": st.lists(
                    mapping(
                        {"name": names, "kind": names},
                        {"max_memory": null(memories), "max_gpus": null(counts), "max_cpus": null(ones)},
                    ),
                    max_size=2,
                ),
            },
        ),
        "agent": mapping({}, {"command": st.lists(texts, max_size=2), "timeout": durations}),
        "edit_scope": mapping({}, {"orchestration": st.booleans(), "allowed": null(st.lists(paths, max_size=2))}),
        "guard": null(
            mapping(
                {},
                {
                    "require": st.sampled_from(["content", *GuardLevel]).map(str),
                    "network": st.one_of(
                        st.sampled_from(["inherit", "none"]), st.lists(st.integers(1, 65535), max_size=2)
                    ),
                    "writable": name_lists,
                },
            )
        ),
    },
)

findings = mapping(
    {"message": texts, "path": texts},
    {"severity": words(Severity), "pointer": null(texts), "line": null(integers), "hint": null(texts)},
)
checks = mapping(
    {"verifier": texts, "rule": texts, "status": words(Verdict)},
    {"findings": st.lists(findings, max_size=2), "reason": null(texts), "traceback": null(texts)},
)
reports = mapping(
    {
        "passed": st.booleans(),
        "message": texts,
        "stage": null(texts),
        "iteration_id": null(texts),
        "run_id": null(texts),
        "counts": st.dictionaries(texts, integers, max_size=2),
        "checks": st.lists(checks, max_size=2),
        "run": free,
    },
    {"schema_version": st.just("1.0")},
)

stage_contexts = mapping(
    {
        "stage": words(Stage),
        "iteration": mapping({"id": ids, "path": texts}, {"experiment_id": null(ids)}),
        "host": mapping({"mode": words(HostMode)}, {"probes": st.dictionaries(texts, probes, max_size=2)}),
    },
    {
        "schema_version": st.just("1.0"),
        "run": null(mapping({"id": ids, "path": texts}, {"status": null(words(RunStatus))})),
        "allowed_edit_dirs": st.lists(texts, max_size=2),
        "must_not_write": st.lists(texts, max_size=2),
        "required_inputs": st.lists(
            mapping({"path": texts, "exists": st.booleans()}, {"sha256": null(texts)}), max_size=2
        ),
        "line_budgets": st.lists(
            mapping({"path": texts, "max_lines": counts}, {"max_bytes": null(integers)}), max_size=2
        ),
        "todo": null(
            mapping(
                {"path": texts},
                {
                    "open_task_count": counts,
                    "tasks": st.lists(mapping({"task_id": texts, "text": texts}, {"source": null(texts)}), max_size=2),
                },
            )
        ),
        "last_verification": null(
            mapping(
                {"path": texts, "passed": st.booleans()},
                {
                    "message": null(texts),
                    "left_out": counts,
                    "failures": st.lists(
                        mapping({"rule": texts, "status": words(Verdict)}, {"line": null(integers)}), max_size=2
                    ),
                },
            )
        ),
        "environment": null(mapping({"path": texts}, {"activation": null(texts), "problem": null(texts)})),
        "compute_advisory": null(free),
        "parts": st.lists(mapping({"path": texts, "shipped": st.booleans(), "sha256": texts}, {}), max_size=2),
        "prompt_sha256": null(texts),
    },
)

patterns = st.lists(st.sampled_from(["*.ckpt", "data/", "!x", "ü/**"]), max_size=2)
sync_rules = mapping(
    {}, {"include": patterns, "exclude": patterns, "max_file": null(memories), "max_total": null(memories)}
)
far_folders = st.sampled_from(["/scratch/ada", "~/autolab", "/a/..b", "~/x y"])
remote_profiles_of_one = mapping(
    {"host": st.sampled_from(["cluster", "login.example.org", "_a-b"]), "root": far_folders},
    {
        "ssh_config": null(names),
        "activation": null(texts),
        "scratch": null(far_folders),
        "submit_options": st.lists(st.sampled_from(["--mail-type=END", "-C", "a100"]), max_size=2),
        "push": mapping({}, {"method": words(PushMethod), "dirty": words(DirtyTree), "rules": sync_rules}),
        "pull": mapping({}, {"method": names, "rules": sync_rules}),
        "poll_seconds": ones,
        "python": null(names),
    },
)
remote_profiles = mapping(
    {"profiles": st.dictionaries(ids, remote_profiles_of_one, max_size=2)}, {"default": st.none()}
)

VALID: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "backlog": backlogs,
    "decision_result": decisions,
    "design": designs,
    "evidence": evidence,
    "experiment_config": experiment_configs,
    "experiment_metrics": experiment_metrics,
    "handover": handovers,
    "line_limits": limits,
    "remote_profiles": remote_profiles,
    "review_result": reviews,
    "run_manifest": manifests,
    "run_metrics": metrics,
    "stage_context": stage_contexts,
    "state": states,
    "todo_focus": todos,
    "verification_result": reports,
    "verifier_policy": policies,
}

HOSTILE: tuple[Any, ...] = (
    *("", "..", ".", "-x", "a/b", "a\\b", "{{run_id}}", "<RUN_ID>", "x\n", "x\x00", "a" * 128, "a" * 129),
    *("\u2028", "\U0001f600", "/etc", "../x", "a/../b"),
    *("queued", "in_progress", "pass", "slurm", "ok", "success", "OK", "running", "failed", "4242"),
    *("2026-02-30T12:00:00Z", "2026-02-01T12:00:60Z", "2026-02-01T12:00:00", "2026-02-01T12:00:00Z\n"),
    *("0000-01-01T00:00:00Z", "9999-12-31T23:59:59-01:00"),
    *("0", "00:00:00", "0-0", "1:60", "1-24", "unlimited", "1G ", "0GB", "1P", "1000000000000", "\u0661"),
    *(-1, 0, 1, 3.0, 0.5, -0.0, 1e308, 10**400, 10**12, 999_999_999, 999_999_999.5, True, False, None),
    *(float("nan"), float("inf"), -float("inf")),
    *([], {}, [[]], [None], ["x"], {"job_id": ""}, {"job_id": 1}, {"status": None}, {"x": 0.5}, {"kind": "python"}),
)
hostile = st.sampled_from(HOSTILE)


def _places(data: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) in *data*."""
    if isinstance(data, dict):
        here: list[tuple[Any, Any]] = [(data, key) for key in data]
    elif isinstance(data, list):
        here = [(data, index) for index in range(len(data))]
    else:
        return []
    return here + [place for container, key in here for place in _places(container[key])]


@st.composite
def mutants(draw: st.DrawFn, name: str) -> Any:
    """A valid document of the kind *name* that was changed in one or two places; it may still be valid."""
    data = copy.deepcopy(draw(VALID[name]))
    for _ in range(draw(st.integers(1, 2))):
        places = _places(data)
        if not places:
            return draw(hostile)
        container, key = places[draw(st.integers(0, len(places) - 1))]
        if draw(st.booleans()) and isinstance(container, dict):
            del container[key]
        else:
            container[key] = copy.deepcopy(draw(hostile))
    return data
