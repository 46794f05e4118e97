"""Plans: what a policy means for folders that are there."""

from __future__ import annotations

import os
import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autolab_core.guard.coverage import coverage
from autolab_core.guard.plan import Access, resolve
from autolab_core.guard.policy import GuardPolicy
from autolab_core.guard.zones import Zones, ancestors
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.guard import GuardLevel, Profile

SPEC = "experiments/exp-001.md"


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "repository"
    for folder in ("experiments/plan/it/runs/r1", "results/exp-001", ".git/hooks", "src"):
        (root / folder).mkdir(parents=True)
    (root / SPEC).write_text("spec\n")
    (root / ".git/config").write_text("[core]\n")
    return root


def planned(root, profile=Profile.AGENT, protected=("experiments",), writable=(), spec=SPEC):
    return resolve(GuardPolicy(profile, tuple(protected), tuple(writable), spec=spec), str(root))


def refusal(root, **options) -> str:
    with pytest.raises(UsageError) as caught:
        planned(root, **options)
    text = str(caught.value)
    assert "\n" not in text
    return text


def access(plan, path: str) -> Access:
    """What the mounts of *plan* leave of *path*: the last one at or above it decides."""
    return [mount.access for mount in plan.mounts if mount.path in (path, *ancestors(path))][-1]


def test_the_deeper_path_wins():
    zones = Zones(True, {"/r/a": False, "/r/a/b": True, "/r/a/b/c": False})

    assert [zones.writable(path) for path in ("/r", "/r/a", "/r/ab", "/r/a/x", "/r/a/b/x", "/r/a/b/c/d")] == [
        *(True, False, True, False, True, False)
    ]
    assert zones.tops() == ["/", "/r/a/b"]


def test_a_run_may_write_what_is_listed_and_nothing_else(root):
    plan = planned(root, Profile.RUN, writable=("experiments/plan/it/runs/r1", "results/exp-001"))

    assert access(plan, f"{root}/results/exp-001/metrics.json") is Access.WRITE
    assert access(plan, f"{root}/experiments/plan/it/runs/r1/logs") is Access.WRITE
    for path in ("", SPEC, "experiments/plan/it/design.yaml", "src/a.py", "results/exp-000"):
        assert access(plan, os.path.normpath(f"{root}/{path}")) is Access.READ
    assert access(plan, "/etc/passwd") is Access.READ
    assert set(plan.trees.allowed) == {f"{root}/experiments/plan/it/runs/r1", f"{root}/results/exp-001"}
    assert plan.trees.closed == ()


def test_an_agent_may_write_all_but_what_is_protected(root):
    plan = planned(root, protected=("experiments", ".git/config"), writable=("experiments/plan/it",))

    for path in ("src/a.py", "experiments/plan/it/design.yaml", ".git/index"):
        assert access(plan, f"{root}/{path}") is Access.WRITE
    for path in (SPEC, ".git/config", "experiments/new.md", "experiments/plan"):
        assert access(plan, f"{root}/{path}") is Access.READ


def test_every_folder_on_the_way_to_a_protected_path_is_a_mount_point(root):
    plan = planned(root, protected=("experiments", ".git/config"))

    points = {mount.path for mount in plan.mounts}
    assert {f"{root}/.git", f"{root}", *(folder for folder in ancestors(str(root)))} <= points
    assert list(plan.mounts) == sorted(plan.mounts, key=lambda mount: mount.path)


def test_landlock_alone_is_told_of_the_siblings(root):
    plan = planned(root, protected=("experiments", ".git/config"), writable=("experiments/plan/it",))

    allowed = set(plan.trees.allowed)
    assert {f"{root}/src", f"{root}/results", f"{root}/.git/hooks", f"{root}/experiments/plan/it"} <= allowed
    for each in allowed:
        assert not f"{root}/experiments".startswith(each), each
        assert not f"{root}/.git/config".startswith(each), each
    assert {"/", f"{root}", f"{root}/.git"} <= set(plan.trees.closed)
    assert not {"/proc", "/sys", "/dev"} & allowed


def test_a_link_beside_a_protected_path_gets_no_rule(root):
    (root / "way").symlink_to("experiments")

    assert f"{root}/way" not in planned(root).trees.allowed


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"spec": "experiments/none.md"}, "the spec 'experiments/none.md' does not exist"),
        ({"spec": "experiments"}, "is a folder, not a file"),
        ({"spec": "src/spec.md", "protected": ()}, "does not exist"),
        ({"protected": ()}, "may be written by this policy"),
        ({"writable": ("new",)}, "the writable path 'new' does not exist"),
        ({"writable": (".git/config",)}, "is a file"),
        ({"protected": (f"{SPEC}/below", "experiments")}, "is no folder"),
    ],
)
def test_what_cannot_be_guarded_is_refused_in_one_line(root, options, said):
    assert said in refusal(root, **options)


def test_a_link_on_the_way_is_refused_and_the_real_path_is_named(root):
    (root / "way").symlink_to("experiments")

    text = refusal(root, spec="way/exp-001.md")
    assert f"'{root}/way' is a symbolic link" in text
    assert f"'{root}/{SPEC}'" in text


def test_a_second_name_of_the_spec_is_refused(root):
    os.link(root / SPEC, root / "src/copy.md")

    assert f"{SPEC!r} has 2 names" in refusal(root)


def test_a_second_name_outside_of_the_repository_is_the_installers(root, tmp_path):
    (tmp_path / "tool.py").write_text("")
    os.link(tmp_path / "tool.py", tmp_path / "cache.py")

    assert planned(root, protected=("experiments", str(tmp_path / "tool.py")))


def test_a_socket_or_a_fifo_is_nothing_to_protect(root):
    os.mkfifo(root / "src/pipe")
    with socket.socket(socket.AF_UNIX) as server:
        os.chdir(root / "src")
        server.bind("s")

    assert "a FIFO" in refusal(root, protected=("experiments", "src/pipe"))
    assert "a socket" in refusal(root, protected=("experiments", "src/s"))


@pytest.mark.parametrize("name", ["with blank", "a\nb", "a:b", "quote'd", "--help"])
def test_unusual_names_are_carried_and_never_break_a_line(root, name):
    (root / name).mkdir()
    assert planned(root, protected=("experiments", name)).protected[0].path in {f"{root}/{name}", f"{root}/experiments"}

    assert "does not exist" in refusal(root, writable=(f"{name}/none",))


def test_a_repository_in_a_private_folder_is_still_seen(root):
    # The tests' own folder lies in /tmp, which is empty for the command.
    plan = planned(root, Profile.RUN)

    if str(root).startswith("/tmp/"):
        assert access(plan, f"{root}/src") is Access.READ
        assert access(plan, "/tmp/other") is Access.EMPTY
        assert access(plan, str(root.parent)) is Access.EMPTY


def test_what_is_named_writable_is_not_made_private(root):
    plan = planned(root, Profile.RUN, writable=("/tmp",), protected=("experiments",))

    assert access(plan, "/tmp/other") is Access.WRITE


def test_what_does_not_exist_is_covered_only_where_its_name_can_be_held(root):
    plan = planned(root, protected=("experiments", "RESEARCH_LOG.md"))

    for level, held in ((GuardLevel.MOUNT, False), (GuardLevel.MOUNT_LANDLOCK, False), (GuardLevel.LANDLOCK, True)):
        found = coverage(plan, level)
        assert ("RESEARCH_LOG.md" in found.covered) is held
        assert any("'RESEARCH_LOG.md'" in each for each in found.not_covered) is not held
        assert "experiments" in found.covered
    nothing = coverage(plan, GuardLevel.NONE)
    assert nothing.covered == ()
    assert len(nothing.not_covered) == len(plan.protected)


def test_landlock_alone_says_where_no_entry_can_be_made(root):
    notes = coverage(planned(root), GuardLevel.LANDLOCK).notes

    assert any("no entry can be made" in note and repr(str(root)) in note for note in notes)


NAMES = st.sampled_from(["a", "b", "c"])
NESTED = st.lists(NAMES, min_size=1, max_size=4).map("/".join)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.sampled_from(Profile), st.sets(NESTED, max_size=4), st.sets(NESTED, max_size=4), st.lists(NESTED, max_size=6))
def test_mounts_and_trees_say_what_the_policy_says(tmp_path_factory, profile, protected, writable, asked):
    root = tmp_path_factory.mktemp("plan").resolve()
    for path in (*protected, *writable, *asked):
        (root / path).mkdir(parents=True, exist_ok=True)

    plan = planned(root, profile, sorted(protected - writable), sorted(writable), spec=None)

    for path in (str(root / each) for each in asked):
        may = plan.zones.writable(path)
        assert access(plan, path) is (Access.WRITE if may else Access.READ)
        by_landlock = any(each in plan.trees.allowed for each in (path, *ancestors(path)))
        assert by_landlock <= may
        assert by_landlock is (may and path not in plan.trees.closed)
