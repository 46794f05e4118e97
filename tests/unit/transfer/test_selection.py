"""Which files come home: nothing hostile, nothing of ours, and what the rules say."""

from __future__ import annotations

import pytest

from autolab_core.io.layout import RunPaths
from autolab_core.models.remote import SyncRules
from autolab_core.models.resources import Memory
from autolab_core.transfer.base import TransferError
from autolab_core.transfer.far_side import FarFile
from autolab_core.transfer.names import colliding, link_problem, name_problem
from autolab_core.transfer.selection import select
from autolab_core.vocab.transfers import TransferFault

PATHS = RunPaths("experiments/plan/iter_001/runs/r1")


def found(*names: str, **links: str) -> dict[str, FarFile]:
    files = {name: FarFile("f", 10, "1") for name in names}
    return files | {name: FarFile("l", 1, "1", target) for name, target in links.items()}


def chosen(*names: str, rules: SyncRules | None = None, **more: bool) -> list[str]:
    return list(select(found(*names), PATHS, rules or SyncRules(), **more).files)


@pytest.mark.parametrize(
    "name",
    [
        *("", "/etc/passwd", "../x", "a/../../x", "a/..", "./a", "a//b", "a/", ".autolab-partial/x"),
        *("x/.autolab-partial/y", "n" * 256, "d/" * 64 + "x", "/".join(["p" * 200] * 16)),
    ],
)
def test_hostile_names_are_refused(name):
    assert name_problem(name) is not None
    with pytest.raises(TransferError) as caught:
        chosen("good", name)
    assert caught.value.kind is TransferFault.NAMES


@pytest.mark.parametrize("name", ["a", "a b", "..a", "a..", "...", "\n", "-rf", "\udcff", "ü", "n" * 255])
def test_odd_names_are_not_hostile(name):
    assert chosen(name) == [name]


@pytest.mark.parametrize(
    ("name", "target", "good"),
    [
        ("a", "b", True),
        ("d/a", "../b", True),
        ("d/a", "..", True),
        ("d/a", "./x/../y", True),
        ("a", "..", False),
        ("a", "../r2/x", False),
        ("d/a", "../../x", False),
        ("a", "x/../../y", False),
        ("a", "/etc/passwd", False),
        ("a", "", False),
    ],
)
def test_links(name, target, good):
    assert (link_problem(name, target) is None) == good


def test_what_is_ours_is_never_taken_from_there():
    ours = ["run_manifest.json", "verification_result.json", "artifacts.sha256", "remote.sha256"]
    ours += ["logs/scheduler.jsonl", "logs/run.lock", "run_manifest.json/x", ".autolab-1-0123abcd-0123456789abcdef.tmp"]
    assert chosen("logs/exit.json", "metrics.json", *ours) == ["logs/exit.json", "metrics.json"]


def test_a_failed_run_sends_its_logs_and_never_fails_for_an_odd_one():
    files = found("logs/a", "outputs/w", "logs/deep/b") | {"logs/pipe": FarFile("p", 0, "1")}
    selection = select(files, PATHS, SyncRules(), diagnostic=True)
    assert list(selection.files) == ["logs/a", "logs/deep/b"]
    assert selection.left == ("'logs/pipe' is a pipe",)


def test_rules_and_caps():
    rules = SyncRules(exclude=("outputs/",), include=("outputs/keep",), max_file=Memory(10), max_total=Memory(25))
    assert chosen("a", "outputs/x", "outputs/keep", rules=rules) == ["a", "outputs/keep"]
    with pytest.raises(TransferError, match="max_total"):
        chosen("a", "b", "c", rules=rules)


@pytest.mark.parametrize(("kind", "words"), [("p", "a pipe"), ("s", "a socket"), ("b", "a device"), ("D", "no file")])
def test_what_is_no_file_is_refused(kind, words):
    with pytest.raises(TransferError, match=f"'x' is {words}"):
        select({"x": FarFile(kind, 0, "1")}, PATHS, SyncRules())


@pytest.mark.parametrize(
    ("names", "links", "folds", "both"),
    [
        (["a", "b"], {}, True, None),
        (["a", "A"], {}, False, None),
        (["a", "A"], {}, True, ("a", "A")),
        (["d/x", "D/y"], {}, True, ("d", "D")),
        (["d/x", "D/y"], {}, False, None),
        (["e\u0301", "\u00e9"], {}, True, ("e\u0301", "\u00e9")),
        (["a", "a/b"], {}, False, ("a", "a")),
        (["a/b/c"], {"a/b": "x"}, False, ("a/b", "a/b")),
        (["a"], {"A": "b"}, True, ("a", "A")),
    ],
)
def test_names_that_cannot_both_be_here(names, links, folds, both):
    assert colliding(names, links, folds=folds) == both


def test_colliding_names_are_refused():
    with pytest.raises(TransferError, match="cannot both be here"):
        chosen("Model.bin", "model.bin", folds=True)
    assert chosen("Model.bin", "model.bin") == ["Model.bin", "model.bin"]
