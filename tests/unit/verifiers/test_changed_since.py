"""``autolab-verify --changed-since``: which runs are judged, told by real git repositories."""

from __future__ import annotations

import json

import pytest

from autolab_core.io.layout import BACKLOG, POLICY, STATE, TODO_FOCUS
from tests.unit.verifiers.many import FIRST, SECOND, git, manifests, run


@pytest.fixture
def tracked(valid):
    git(valid, "init", "-q", "-b", "main")
    git(valid, "add", "-A")
    git(valid, "commit", "-q", "-m", "all")
    return valid


@pytest.mark.parametrize("committed", [True, False])
@pytest.mark.parametrize(
    ("changed", "runs"),
    [
        (f"{FIRST.runs}/{{first}}/notes.md", 1),
        (f"{FIRST.runs}/{{first}}/metrics.json", 1),
        (FIRST.design, 3),
        (f"{FIRST.folder}/notes.md", 3),
        (POLICY, 7),
        ("docs/environment.md", 7),
        ("pyproject.toml", 7),
        ("README.md", 0),
        ("src/model.py", 0),
        (STATE, 0),
        (TODO_FOCUS, 0),
        (BACKLOG, 7),
    ],
)
def test_those_runs_are_judged_that_a_change_may_alter(tracked, changed, runs, committed):
    name = manifests(tracked)[0].parent.name
    file = tracked / changed.format(first=name)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as stream:
        stream.write("\n")
    if committed:
        git(tracked, "add", "-A")
        git(tracked, "commit", "-q", "-m", "change")
    done = run(tracked, "--changed-since", "HEAD~1" if committed else "HEAD")

    assert done.stdout.splitlines()[-1].startswith(f"{runs} {'run' if runs == 1 else 'runs'}: ")
    if runs == 0:
        assert done.returncode == 0


def test_no_change_is_a_check_of_the_repository(tracked):
    done = run(tracked, "--changed-since", "HEAD", "--format", "json")
    answer = json.loads(done.stdout)

    assert (done.returncode, answer["passed"], sum(answer["runs"].values())) == (0, True, 0)
    assert answer["message"].startswith("0 runs: ")
    assert answer["counts"]["pass"] > 0

    state = tracked / STATE
    state.write_text(state.read_text().replace('"stage_attempt": 0', '"stage_attempt": -1'))
    assert run(tracked, "--changed-since", "HEAD", "--only", "schema_checks").returncode == 1


@pytest.mark.parametrize("revision", ["nowhere", "", "-x", "HEAD~99", "main..HEAD", "HEAD:docs", "a\nb"])
def test_a_revision_that_is_none_is_one_line_and_exit_2(tracked, revision):
    done = run(tracked, f"--changed-since={revision}")

    assert (done.returncode, done.stdout) == (2, ""), done.stdout
    assert done.stderr.count("\n") == 1


def test_without_git_it_cannot_be_said_what_changed(valid):
    done = run(valid, "--changed-since", "HEAD", GIT_CEILING_DIRECTORIES=str(valid.parent))

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "what changed since 'HEAD' cannot be said" in done.stderr


def test_a_branch_is_compared_from_where_it_left(tracked):
    git(tracked, "checkout", "-q", "-b", "work")
    git(tracked, "checkout", "-q", "main")
    (tracked / SECOND.design).write_text((tracked / SECOND.design).read_text() + "\n")
    git(tracked, "commit", "-q", "-a", "-m", "on main")
    git(tracked, "checkout", "-q", "work")
    (tracked / manifests(tracked)[0].parent / "notes.md").write_text("x\n")
    git(tracked, "add", "-A")
    git(tracked, "commit", "-q", "-m", "on the branch")

    assert run(tracked, "--changed-since", "main").stdout.startswith("1 run: 1 pass")


def test_closed_experiments_are_compared_with_the_base(tracked):
    git(tracked, "tag", "start")
    backlog = tracked / BACKLOG
    text = backlog.read_text()
    backlog.write_text(
        text.replace(
            "status: in_progress, type: plan, iteration_id: iter_0000",
            "status: done, type: done, iteration_id: iter_0000",
        )
    )
    git(tracked, "commit", "-q", "-a", "-m", "closed")
    git(tracked, "tag", "closed")
    (tracked / FIRST.design).write_text((tracked / FIRST.design).read_text() + "# changed\n")
    git(tracked, "commit", "-q", "-a", "-m", "changed")

    options = ("--only", "closed_experiments", "--format", "json", "--changed-since")
    since_closed = json.loads(run(tracked, *options, "closed").stdout)
    assert [check["rule"] for check in since_closed["checks"] if check["status"] == "fail"] == ["CE001"]
    since_now = json.loads(run(tracked, *options, "HEAD").stdout)
    assert [check["rule"] for check in since_now["checks"] if check["status"] == "fail"] == []
