"""Metrics as people and agents really write them: each is judged rule by rule, and none is a crash."""

from __future__ import annotations

import copy
import hashlib
import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from autolab_core.vocab.states import Verdict
from autolab_verifiers.builtin import BUILTIN
from autolab_verifiers.engine.verify import examine
from autolab_verifiers.report.answer import Check
from autolab_verifiers.selftest.experimenting import CONFIG, EXPERIMENT, JOURNAL, METRICS
from autolab_verifiers.selftest.repository import Repository

BAD = {Verdict.FAIL, Verdict.ERROR}
# Read as results of others are: whatever these hold, a rule of theirs says so.
OF_EXPERIMENTS = ("SC", "MC", "BF", "BU", "AP", "RU", "CS", "CG", "NI")
UNREADABLE = {"SC001"}
NAMES = [name for name, prefix in BUILTIN.items() if prefix in OF_EXPERIMENTS]


def objections(checks: dict[str, Check]) -> set[str]:
    """The rules about experiments that say no. None of them may have broken."""
    own = [check for check in checks.values() if check.rule[:2] in OF_EXPERIMENTS]
    assert [(check.rule, check.traceback) for check in own if check.traceback] == []
    return {check.rule for check in own if check.status in BAD}


def edited(**changes: Any) -> Callable[[dict[str, Any]], str]:
    return lambda metrics: json.dumps({**metrics, **changes})


def without(*keys: str) -> Callable[[dict[str, Any]], str]:
    return lambda metrics: json.dumps({key: value for key, value in metrics.items() if key not in keys})


def text_of(metrics: dict[str, Any]) -> str:
    return json.dumps(metrics, indent=2)


# What was written, and the rules that object to it.
FILES: dict[str, tuple[Callable[[dict[str, Any]], str | bytes], set[str]]] = {
    "cut short": (lambda m: text_of(m)[:200], UNREADABLE),
    "empty": (lambda m: "", UNREADABLE),
    "no JSON but a line of prose": (lambda m: "val_loss was 0.38", UNREADABLE),
    "Infinity": (lambda m: text_of(m).replace("0.37", "Infinity"), UNREADABLE),
    "NaN": (lambda m: text_of(m).replace("0.37", "NaN"), UNREADABLE),
    "a key twice": (lambda m: text_of(m).replace('"accuracy"', '"val_loss"', 1), UNREADABLE),
    "single quotes": (repr, UNREADABLE),
    "UTF-16": (lambda m: text_of(m).encode("utf-16"), UNREADABLE),
    "with a BOM": (lambda m: b"\xef\xbb\xbf" + text_of(m).encode(), UNREADABLE),
    "binary": (lambda m: bytes(range(256)), UNREADABLE),
    "a list": (lambda m: json.dumps([m]), {"SC012"}),
    "a number": (lambda m: "0.38", {"SC012"}),
    "null": (lambda m: "null", {"SC012"}),
    "empty mapping": (lambda m: "{}", {"SC012", "MC003", "MC008", "MC009", "BF001", "BU001", "AP001"}),
    "JSON lines": (lambda m: '{"a": 1}\n{"b": 2}\n', UNREADABLE),
    "deeply nested": (lambda m: "[" * 5000 + "]" * 5000, UNREADABLE),
    "local time": (edited(timestamp="2026-02-01 13:10:00"), {"SC012", "MC004"}),
    "time without an offset": (edited(timestamp="2026-02-01T13:10:00"), {"SC012", "MC004"}),
    "time of another zone": (edited(timestamp="2026-02-01T13:10:00+01:00"), {"MC004"}),
    "seconds since 1970": (edited(timestamp=1769947800.5), {"SC012", "MC004"}),
    "no time": (without("timestamp"), {"SC012", "MC003"}),
    "no baseline": (without("baseline"), {"SC012", "MC003", "MC008", "BF001"}),
    "baseline is null": (edited(baseline=None), {"SC012", "MC003", "MC008", "BF001"}),
    "no rows": (without("per_seed"), {"SC012", "MC003", "MC009"}),
    "rows by seed": (edited(per_seed={"0": {"val_loss": 0.39}}), {"SC012", "MC003", "MC009"}),
    "rows are texts": (edited(per_seed=["0.39"]), {"SC012", "MC003", "MC009"}),
    "rows are lists": (edited(per_seed=[[0, 0.39]]), {"SC012", "MC003", "MC009"}),
    "numbers are texts": (
        edited(treatment={"val_loss": "0.38", "accuracy": "83.6", "parameters": "1210"}),
        {"MC005"},
    ),
    "numbers have units": (
        edited(treatment={"val_loss": "0.38 nats", "accuracy": "83.6%", "parameters": 1210}),
        {"MC005"},
    ),
    "numbers are lists": (
        edited(treatment={"val_loss": [0.39, 0.38, 0.37], "accuracy": [83.6], "parameters": 1210}),
        {"MC005"},
    ),
    "numbers are nested": (
        edited(treatment={"val_loss": {"mean": 0.38, "std": 0.01}, "accuracy": {"mean": 83.6}, "parameters": 1210}),
        {"MC005"},
    ),
    "numbers are truth values": (edited(sanity_checks={"initial_loss": True}), {"MC005"}),
    "metrics in groups": (
        edited(treatment={"primary": {"val_loss": 0.38}, "secondary": {"accuracy": 83.6, "parameters": 1210}}),
        {"MC007", "MC008"},
    ),
    "named as in the code": (
        edited(treatment={"val/loss": 0.38, "accuracy": 83.6, "parameters": 1210}),
        {"MC007", "MC008"},
    ),
    "more than the spec asks for": (
        edited(treatment={"val_loss": 0.38, "accuracy": 83.6, "parameters": 1210, "f1": 0.8}),
        {"MC007"},
    ),
    "a fraction for a percentage": (
        edited(treatment={"val_loss": 0.38, "accuracy": 0.836, "parameters": 1210}),
        {"MC010"},
    ),
    "a number beyond every float": (
        edited(treatment={"val_loss": 10**400, "accuracy": 83.6, "parameters": 1210}),
        {"MC005"},
    ),
    "null where nothing was measured": (
        edited(treatment={"val_loss": 0.38, "accuracy": 83.6, "parameters": None}),
        {"MC008"},
    ),
    "the best seed's number": (
        edited(treatment={"val_loss": 0.37, "accuracy": 84.0, "parameters": 1210}),
        {"MC010"},
    ),
    "a seed as text": (edited(per_seed=[{"seed": "0", "val_loss": 0.38}]), {"SC012", "MC009"}),
    "a seed as float": (edited(per_seed=[{"seed": 0.5, "val_loss": 0.38}]), {"SC012", "MC009"}),
    "one seed of three": (
        edited(per_seed=[{"seed": 0, "val_loss": 0.38, "accuracy": 83.6}]),
        {"MC009"},
    ),
    "usage in words": (
        edited(resource_usage={"gpu_hours": "none", "wall_clock_seconds": "2 h"}),
        {"SC012", "BU001"},
    ),
    "usage is null": (edited(resource_usage=None), {"SC012", "MC003", "BU001"}),
    "abort as a text": (edited(abort_triggered="false"), {"SC012", "AP001"}),
    "abort without a reason": (edited(abort_triggered=True, abort_reason=None), {"SC012", "AP001"}),
    "notes as a list": (edited(notes=["retried once"]), {"SC012"}),
    "notes that judge": (edited(notes="The results suggest that momentum helps."), set()),
    "named after another": (edited(experiment="exp-002"), {"MC003"}),
    "named by nothing": (edited(experiment=None), {"SC012", "MC003"}),
    "ten megabytes": (edited(notes="step 1\n" * 1_500_000), set()),
    "a thousand metrics": (
        edited(treatment={f"m{index}": index for index in range(1000)}),
        {"MC007", "MC008"},
    ),
    "ten thousand rows": (
        edited(per_seed=[{"seed": index, "val_loss": 0.38, "accuracy": 83.6} for index in range(10_000)]),
        {"MC009"},
    ),
    "odd keys": (
        edited(treatment={"": 1, "a/b~c": 2, "ü": 3, "val_loss": 0.38, "accuracy": 83.6, "parameters": 1210}),
        {"MC007"},
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_metrics_are_judged_rule_by_rule(foreign: Repository, judged, name):
    write, expected = FILES[name]
    foreign.write(METRICS, write(foreign.read(METRICS)))

    checks = judged(foreign)

    found = objections(checks)
    assert found == expected or (expected == UNREADABLE and "SC001" in found and found <= {"SC001", "SC012"})
    for rule in found:
        assert checks[rule].findings
        assert all(finding.path and finding.message for finding in checks[rule].findings)


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", "7", '{"seeds": "0,1,2"}', '{"configuration": []}', '{"packages": {"at_seal": 3}}'],
)
def test_a_configuration_of_any_shape_is_judged(foreign: Repository, judged, content):
    foreign.write(CONFIG, content)

    found = objections(judged(foreign))

    assert found <= {"SC001", "SC013", "CS005"}


def test_a_plain_configuration_of_somebody_else_is_no_error(foreign: Repository, judged):
    foreign.write(CONFIG, '{"lr": 0.1, "momentum": 0.9, "command": "python train.py"}')

    checks = judged(foreign)

    assert objections(checks) == set()
    assert "nothing says which configuration" in checks["CS001"].findings[0].message


@pytest.mark.parametrize(
    "content",
    [b"", b"\n\n\n", b"{}\n", b'{"n": 1}\n', b"\xff\xfe\n" * 50, b'{"n":1,"at":"x","event":"sealed"}\n', b"[" * 9999],
)
def test_a_journal_of_anything_is_judged(ours: Repository, judged, content):
    ours.write(JOURNAL, content)

    assert "RU001" in objections(judged(ours))


def test_a_folder_or_a_link_in_place_of_a_file_is_judged(ours: Repository, judged):
    ours.remove(METRICS).folder(METRICS)
    assert {"SC001", "RU002"} <= objections(judged(ours))

    ours.remove(METRICS).link(METRICS, "/etc/hostname")
    assert "SC001" in objections(judged(ours))


def test_results_in_a_folder_of_the_number_alone_are_found_where_the_spec_says_so(foreign: Repository, judged):
    short = EXPERIMENT.folder.removesuffix("-momentum")
    (foreign.root / EXPERIMENT.folder).rename(foreign.root / short)
    assert judged(foreign)["MC001"].status is Verdict.SKIP

    foreign.replace(EXPERIMENT.spec, "evaluate the last checkpoint.", f"write `{short}/metrics.json`.")
    assert judged(foreign)["MC010"].status is Verdict.PASS


PATHS = ("../x", "/etc/passwd", "a\0b", "\ud800", "", "x" * 5000, "results/../..", ".", "-x", ":(glob)*", "a\nb")


@pytest.mark.parametrize("path", PATHS)
def test_a_path_of_anything_in_the_journal_is_judged(in_git: Repository, judged, path):
    def change(entries: list[dict[str, Any]]) -> None:
        entries[0]["results"] = {path: "0" * 64, **entries[0]["results"]}
        entries[-1]["results"] = {path: "1" * 64, f"results/plain/{path}": "1" * 64}
        for entry in entries:
            if "guard" in entry:
                entry["guard"] = {"changes": [path, {"path": path}, 7, None]}

    lines = [json.loads(line) for line in (in_git.root / JOURNAL).read_bytes().splitlines()]
    change(lines)
    previous, source = "", b""
    for line in lines:
        text = json.dumps({**line, "previous": previous}).encode()
        previous, source = hashlib.sha256(text).hexdigest(), source + text + b"\n"
    in_git.write(JOURNAL, source)

    assert {"RU004", "RU005"} <= objections(judged(in_git))


def places(data: Any) -> Iterator[tuple[Any, Any]]:
    for key in list(data) if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ():
        yield data, key
        yield from places(data[key])


@pytest.mark.parametrize("path", [METRICS, CONFIG])
def test_any_value_in_any_place_is_judged(ours: Repository, path):
    """Nothing that a document says makes a rule break."""
    strange = itertools.cycle([None, "x", -1, 0.5, True, [], {}, [None], {"x": {"y": 1}}, "\ud800", 10**400])
    whole = ours.read(path)
    for number in range(sum(1 for _ in places(whole))):
        data = copy.deepcopy(whole)
        container, key = list(places(data))[number]
        container[key] = next(strange)
        overlay = {path: json.dumps(data).encode()}

        checks = examine(ours.root, overlay=overlay, spec=EXPERIMENT.spec, only=NAMES).judgement.checks

        assert [(check.rule, check.traceback) for check in checks if check.traceback] == []
