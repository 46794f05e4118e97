"""Seals: every change of a file shows, also one that was undone, and nothing of the repository runs for it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import time

import pytest

from autolab_core.git.history import History
from autolab_core.guard.comparison import compare
from autolab_core.guard.plan import resolve
from autolab_core.guard.policy import GuardPolicy
from autolab_core.guard.seal import retake, retake_plan, take, take_plan
from autolab_core.io.layout import GUARD, PROMPTS, PROMPTS_RENDERED, STATE
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.guard import Change, Profile, SealedKind

SPEC = "experiments/exp-001.md"
TEXT = b"# Experiment 001\n"


def git(root, *words, **options):
    named = ("-c", "user.name=ada", "-c", "user.email=ada@example.invalid", *words)
    return subprocess.run(("git", *named), cwd=root, check=True, capture_output=True, text=True, **options).stdout


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "repository"
    (root / "experiments/old").mkdir(parents=True)
    (root / SPEC).write_bytes(TEXT)
    (root / "experiments/old/notes.md").write_text("old\n")
    return root


@pytest.fixture
def committed(root):
    git(root, "init", "--quiet")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "first")
    return root


def tick() -> None:
    """Let the clock of the file system move: two changes within one of its ticks cannot be told apart."""
    time.sleep(0.02)


def changes(root, paths, damage, **options) -> set[tuple[str, Change]]:
    before = take(paths, str(root))
    tick()
    damage()
    return {(each.path, each.what) for each in compare(before, retake(paths, str(root)), **options)}


def test_a_seal_has_both_hashes_of_the_bytes(committed):
    (seal,) = take([SPEC], str(committed), History.at(str(committed)))

    assert seal.sha256 == hashlib.sha256(TEXT).hexdigest()
    assert seal.git_blob == seal.head_blob == git(committed, "rev-parse", f"HEAD:{SPEC}").strip()
    status = os.lstat(committed / SPEC)
    assert (seal.kind, seal.size, seal.nlink, seal.mode) == (SealedKind.FILE, len(TEXT), 1, status.st_mode & 0o7777)
    assert (seal.dev, seal.ino, seal.ctime_ns) == (status.st_dev, status.st_ino, status.st_ctime_ns)


def test_the_blob_is_that_of_the_bytes_and_not_of_the_commit(committed):
    (committed / SPEC).write_bytes(b"other\n")

    (seal,) = take([SPEC], str(committed), History.at(str(committed)))
    assert seal.git_blob == git(committed, "hash-object", SPEC).strip()
    assert seal.head_blob == git(committed, "rev-parse", f"HEAD:{SPEC}").strip()


def test_a_repository_of_sha256_has_longer_ids(root):
    git(root, "init", "--quiet", "--object-format=sha256")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "first")

    (seal,) = take([SPEC], str(root), History.at(str(root)))
    assert seal.git_blob == seal.head_blob
    assert len(seal.git_blob) == 64


def test_without_git_there_is_no_committed_blob(root):
    (seal,) = take([SPEC], str(root), History.at(str(root)))

    assert seal.head_blob is None
    assert seal.git_blob is not None


def test_a_folder_is_sealed_with_everything_below_it(root):
    (root / "experiments/link").symlink_to("nowhere")

    kinds = {seal.path: seal.kind for seal in take(["experiments", "RESEARCH_LOG.md"], str(root))}
    assert kinds == {
        "RESEARCH_LOG.md": SealedKind.ABSENT,
        "experiments": SealedKind.FOLDER,
        SPEC: SealedKind.FILE,
        "experiments/link": SealedKind.LINK,
        "experiments/old": SealedKind.FOLDER,
        "experiments/old/notes.md": SealedKind.FILE,
    }


def rewrite(path, content):
    """Put *content* in the place of *path* by a rename, as editors do."""
    beside = path.with_name("beside")
    beside.write_bytes(content)
    beside.rename(path)


def undo(path):
    before, status = path.read_bytes(), path.stat()
    path.write_bytes(b"cheat\n")
    path.write_bytes(before)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def and_back(act, back):
    act()
    back()


DAMAGES = {
    "written": (lambda r: (r / SPEC).write_bytes(b"cheat\n"), {(SPEC, Change.CONTENT)}),
    "same length": (lambda r: (r / SPEC).write_bytes(TEXT.swapcase()), {(SPEC, Change.CONTENT)}),
    "replaced by another": (
        lambda r: rewrite(r / SPEC, b"cheat\n"),
        {(SPEC, Change.CONTENT), (SPEC, Change.REPLACED)},
    ),
    "replaced by the same": (lambda r: rewrite(r / SPEC, TEXT), {(SPEC, Change.REPLACED)}),
    "gone": (lambda r: (r / SPEC).unlink(), {(SPEC, Change.GONE)}),
    "mode": (lambda r: (r / SPEC).chmod(0o777), {(SPEC, Change.MODE)}),
    "linked": (lambda r: os.link(r / SPEC, r / "copy.md"), {(SPEC, Change.LINKED)}),
    "changed and restored": (lambda r: undo(r / SPEC), {(SPEC, Change.RESTORED)}),
    "mode and back": (
        lambda r: and_back(lambda: (r / SPEC).chmod(0), lambda: (r / SPEC).chmod(0o644)),
        {(SPEC, Change.RESTORED)},
    ),
    "new name": (
        lambda r: (r / "experiments/new.md").write_text("x"),
        {("experiments/new.md", Change.NEW)},
    ),
    "new name and gone again": (
        lambda r: and_back((r / "experiments/new.md").touch, (r / "experiments/new.md").unlink),
        {("experiments", Change.RESTORED)},
    ),
    "a link instead": (
        lambda r: and_back((r / SPEC).unlink, lambda: (r / SPEC).symlink_to("old/notes.md")),
        {(SPEC, Change.REPLACED)},
    ),
    "a folder instead": (
        lambda r: and_back((r / SPEC).unlink, (r / SPEC).mkdir),
        {(SPEC, Change.REPLACED)},
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_every_damage_shows_as_what_it_is(root, name):
    (root / SPEC).chmod(0o644)
    damage, expected = DAMAGES[name]

    assert changes(root, ["experiments"], lambda: damage(root)) == expected


@pytest.mark.parametrize("name", DAMAGES)
def test_later_only_bytes_and_names_count(root, name):
    damage, expected = DAMAGES[name]

    found = changes(root, ["experiments"], lambda: damage(root), later=True)
    assert found == {(path, what) for path, what in expected if what in (Change.CONTENT, Change.GONE, Change.NEW)} | (
        {(SPEC, Change.REPLACED)} if "instead" in name else set()
    )


def test_an_ancestor_that_was_swapped_shows(root):
    def swap():
        (root / "experiments").rename(root / "away")
        (root / "experiments").mkdir()
        (root / SPEC).write_bytes(TEXT)

    found = changes(root, ["experiments"], swap)
    assert ("experiments", Change.REPLACED) in found
    assert (SPEC, Change.REPLACED) in found
    assert ("experiments/old", Change.GONE) in found


def test_an_ancestor_that_became_a_link_shows_and_is_not_followed(root):
    def lead_away():
        (root / "experiments").rename(root / "away")
        (root / "experiments").symlink_to("away")

    assert changes(root, [SPEC], lead_away) == {(SPEC, Change.REPLACED)}


def test_a_file_that_appears_where_none_was_shows(root):
    found = changes(root, ["RESEARCH_LOG.md"], lambda: (root / "RESEARCH_LOG.md").write_text("x"))

    assert found == {("RESEARCH_LOG.md", Change.NEW)}


def test_another_commit_shows(committed):
    history = History.at(str(committed))
    before = take([SPEC], str(committed), history)
    blob = git(committed, "hash-object", "-w", "--stdin", input="cheat\n").strip()
    git(committed, "update-index", "--cacheinfo", f"100644,{blob},{SPEC}")
    git(committed, "commit", "--quiet", "-m", "cheat")

    found = compare(before, retake([SPEC], str(committed), history))
    assert [(each.path, each.what) for each in found] == [(SPEC, Change.COMMITTED)]


def test_nothing_changed_is_nothing(committed):
    assert changes(committed, ["experiments", "QUESTIONS.md"], lambda: None) == set()


@pytest.mark.parametrize(
    ("prepare", "said"),
    [
        (lambda r: os.link(r / SPEC, r / "copy.md"), f"{SPEC!r} has 2 names (hard links)"),
        (lambda r: os.link(r / "experiments/old/notes.md", r / "n"), "'experiments/old/notes.md' has 2 names"),
        (lambda r: ((r / "experiments").rename(r / "x"), (r / "experiments").symlink_to("x")), "is a symbolic link"),
    ],
)
def test_what_can_be_changed_by_another_way_is_refused(root, prepare, said):
    prepare(root)

    with pytest.raises(UsageError) as caught:
        take(["experiments"], str(root))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_long_file_in_a_folder_is_not_read_and_still_sealed(root):
    (root / "experiments/long.bin").write_bytes(b"x" * 100)
    paths = ["experiments"]
    before = take(paths, str(root), read_at_most=50)
    tick()
    (root / "experiments/long.bin").write_bytes(b"y" * 100)

    assert {seal.path: seal.sha256 for seal in before}["experiments/long.bin"] is None
    found = compare(before, retake(paths, str(root), read_at_most=50))
    assert {(each.path, each.what) for each in found} == {("experiments/long.bin", Change.RESTORED)}


def test_names_that_are_no_text_are_sealed(root):
    with open(os.path.join(os.fsencode(root), b"experiments/\xff.md"), "wb") as file:
        file.write(b"x")

    assert "experiments/\\xff.md" in {seal.path for seal in take(["experiments"], str(root))}


def test_the_seals_of_a_plan_leave_out_what_may_change(root):
    (root / "experiments/it/runs/r1").mkdir(parents=True)
    (root / GUARD).mkdir(parents=True)
    (root / STATE).write_text("{}")
    policy = GuardPolicy(Profile.RUN, ("experiments", ".autolab"), ("experiments/it/runs/r1",), spec=SPEC)
    plan = resolve(policy, str(root))
    before = take_plan(plan)
    tick()
    (root / "experiments/it/runs/r1/metrics.json").write_text("{}")
    rewrite(root / STATE, b"{}\n")
    (root / GUARD / "r1.json").write_text("{}")
    (root / ".autolab/.autolab-1-0-0.tmp").write_text("")

    assert compare(before, retake_plan(plan)) == ()

    (root / ".autolab/verifier_policy.yaml").write_text("launch: {}\n")
    assert [str(each) for each in compare(before, retake_plan(plan))] == [
        "'.autolab/verifier_policy.yaml' was not there when it was sealed"
    ]


def test_what_is_protected_and_not_sealed_may_change(root):
    (root / "experiments/it").mkdir()
    (root / "experiments/done").mkdir()
    sealed = (SPEC, "experiments/old", "experiments/done")
    plan = resolve(GuardPolicy(Profile.RUN, ("experiments",), spec=SPEC, sealed=sealed), str(root))
    before = take_plan(plan)
    tick()
    (root / "experiments/it/design.yaml").write_text("next: one\n")
    (root / "experiments/exp-002.md").write_text("# Experiment 002\n")

    assert compare(before, retake_plan(plan)) == ()

    (root / "experiments/old/notes.md").write_text("other\n")
    (root / "experiments/done/new.md").write_text("new\n")
    rewrite(root / SPEC, b"cheat\n")
    assert {(each.path, each.what) for each in compare(before, retake_plan(plan))} == {
        ("experiments/old/notes.md", Change.CONTENT),
        ("experiments/done/new.md", Change.NEW),
        (SPEC, Change.CONTENT),
        (SPEC, Change.REPLACED),
    }


def test_the_spec_is_sealed_whatever_the_policy_seals(root):
    plan = resolve(GuardPolicy(Profile.RUN, ("experiments",), spec=SPEC, sealed=()), str(root))

    assert [seal.path for seal in take_plan(plan)] == [SPEC]


PLANTED = {
    "fsmonitor": lambda root, program: git(root, "config", "core.fsmonitor", program),
    "filter": lambda root, program: (
        (root / ".gitattributes").write_text("* filter=planted\n"),
        *(git(root, "config", f"filter.planted.{way}", program) for way in ("clean", "smudge", "process")),
    ),
    "hook": lambda root, program: git(root, "config", "core.hooksPath", os.path.dirname(program)),
    "external diff": lambda root, program: git(root, "config", "diff.external", program),
    "text conversion": lambda root, program: (
        (root / ".gitattributes").write_text("* diff=planted\n"),
        git(root, "config", "diff.planted.textconv", program),
    ),
    "alias": lambda root, program: git(root, "config", "alias.ls-tree", f"!{program}"),
    "pager": lambda root, program: git(root, "config", "core.pager", program),
}


@pytest.mark.parametrize("name", PLANTED)
def test_nothing_that_is_planted_in_the_repository_runs(committed, tmp_path, name):
    witness = tmp_path / "it-ran"
    program = tmp_path / "planted" / "pre-commit"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\ntouch {witness}\n")
    program.chmod(0o755)
    PLANTED[name](committed, str(program))
    (committed / SPEC).write_bytes(b"cheat\n")

    before = take(["experiments", ".git/config"], str(committed), History.at(str(committed)))
    retake(["experiments", ".git/config"], str(committed), History.at(str(committed)))

    assert {seal.path: seal.head_blob for seal in before}[SPEC] is not None
    assert not witness.exists()


def test_the_planted_program_would_have_run(committed, tmp_path):
    witness = tmp_path / "it-ran"
    program = tmp_path / "planted"
    program.write_text(f"#!/bin/sh\ntouch {witness}\n")
    program.chmod(0o755)
    PLANTED["fsmonitor"](committed, str(program))

    git(committed, "status")

    assert witness.exists()


def test_a_folder_that_was_made_for_what_autolab_rewrites_is_no_change(root):
    plan = resolve(GuardPolicy(Profile.AGENT, (".autolab",), sealed=(PROMPTS,)).checked(), str(root))
    before = take_plan(plan)
    (root / PROMPTS_RENDERED).mkdir(parents=True)
    (root / PROMPTS_RENDERED / "launch.md").write_text("first\n")
    assert compare(before, retake_plan(plan)) == ()

    (root / PROMPTS / "stage_launch.md").write_text("planted\n")
    assert {change.path for change in compare(before, retake_plan(plan))} == {f"{PROMPTS}/stage_launch.md"}
