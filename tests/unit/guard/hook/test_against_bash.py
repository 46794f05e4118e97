"""What the hook lets pass, bash runs for real in a scratch repository: nothing protected may change by it."""

from __future__ import annotations

import os
import random
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autolab_core.guard.hook.judge import judge_command
from autolab_core.guard.hook.values import name_set
from tests.unit.guard.hook.commands import ALLOWED
from tests.unit.guard.hook.protected import PROTECTED, protected_repository, reach_of

# Programs that reach out of the scratch folder, or wait.
_OUTSIDE = name_set(
    "pip npm apt cargo make curl wget ssh srun sbatch squeue docker sleep nohup kill man pytest ruff black cmd"
)
_PATHS = (
    "notes.md",
    "src/a.py",
    "src",
    "experiments",
    "experiments/exp-001.md",
    "experiments/new.md",
    "./src/../experiments/exp-001.md",
    "../repo/experiments/exp-001.md",
    "exp-001.md",
    "../experiments/exp-001.md",
    "experiment?/exp-001.md",
    "e*/*.md",
    "*",
    ".",
    "..",
    "link/exp-001.md",
    "link",
    "alias.md",
    "RESEARCH_LOG.md",
    "{notes.md,RESEARCH_LOG.md}",
    "R[A-Z]*.md",
    "$p",
    '"$p"',
    "$d/exp-001.md",
    "${d:-src}/exp-001.md",
    "~/repo/RESEARCH_LOG.md",
    "$PWD/experiments/exp-001.md",
    "$(echo experiments/exp-001.md)",
    "$(ls)",
    "`pwd`/RESEARCH_LOG.md",
    "exp'erim'ents/exp-001.md",
    "experim\\ents/exp-001.md",
    "$'\\x65xperiments/exp-001.md'",
)
_BEFORE = (
    "",
    "cd src; ",
    "cd src && ",
    "cd experiments; ",
    "cd experiments && ",
    "cd missing 2>/dev/null; ",
    "cd missing 2>/dev/null || ",
    "cd link; ",
    "cd link; cd ..; ",
    "cd -P link; cd ..; ",
    "pushd src > /dev/null; ",
    "(cd experiments); ",
    "false && cd experiments; ",
    "true || cd experiments; ",
    "f() { cd experiments; }; f; ",
    "p=experiments/exp-001.md; ",
    "d=experiments; ",
    "p=$(echo RESEARCH_LOG.md); ",
    "read p <<< experiments/exp-001.md; ",
    "set -- experiments/exp-001.md; p=$1; ",
    "for d in src experiments; do :; done; ",
    "if cd src; then p=../RESEARCH_LOG.md; else p=notes.md; fi; ",
    "mv src d2 && mkdir -p src; ",
    "export d=experiments; ",
    "cd ..; ",
    "cd / && cd - > /dev/null && ",
    "p=notes.md; test -e missing || p=RESEARCH_LOG.md; ",
    "p=RESEARCH_LOG.md; test -e missing && p=notes.md; ",
    "rm -f src/a.py; cd src/a.py 2>/dev/null; ",
    "p=; : ${p:=RESEARCH_LOG.md}; ",
    "printf -v p RESEARCH_%s LOG.md; ",
)
_ACTIONS = (
    "echo x > PATH",
    "echo x >> PATH",
    "cat < notes.md >| PATH",
    "cat <<EOF > PATH\nnew\nEOF",
    "rm -rf PATH",
    "rm -f -- PATH",
    "rmdir PATH",
    "unlink PATH",
    "mv PATH gone",
    "mv src PATH",
    "mv notes.md PATH",
    "mv -t PATH notes.md",
    "cp notes.md PATH",
    "cp -r src PATH",
    "cp -T notes.md PATH",
    "ln -sf ../notes.md PATH",
    "ln -sfn src PATH",
    "mv PATH other && echo x > other",
    "ln -s PATH other && echo x > other",
    "ln PATH other && echo x > other",
    "cp -a PATH other && echo x > other/exp-001.md",
    "mkdir -p PATH",
    "touch PATH",
    "truncate -s 0 PATH",
    "dd if=notes.md of=PATH",
    "echo x | tee PATH",
    "echo x | tee -a notes.md PATH",
    "sed -i s/e/x/ PATH",
    "sed -n 'w PATH' notes.md",
    "sed --in-place=.bak s/e/x/ PATH",
    "perl -pi -e s/e/x/ PATH",
    "awk '{print > \"PATH\"}' notes.md",
    'python3 -c \'open("PATH", "w")\'',
    "python3 - <<'EOF'\nimport os\nos.remove('PATH')\nEOF",
    "sort -o PATH notes.md",
    "split -n 1 notes.md PATH",
    "tar cf PATH src",
    "tar cf x.tar experiments && tar xf x.tar -C PATH",
    "find PATH -type f -exec rm {} +",
    "find PATH -name '*.md' -delete",
    "find PATH -name '*.md' | xargs rm -f",
    "find PATH -type f -print0 | xargs -0 sed -i s/e/x/",
    "ls PATH | xargs rm -rf",
    "echo PATH | xargs rm -rf",
    'echo PATH | while read -r f; do rm -rf "$f"; done',
    'for f in PATH; do rm -rf "$f"; done',
    'for f in PATH/*; do echo x > "$f"; done',
    "gzip PATH",
    "git checkout -q -- PATH",
    "git checkout -q PATH",
    "git restore PATH",
    "git rm -rqf PATH",
    "git clean -fdxq PATH",
    "git stash push -q -- PATH",
    "git mv PATH gone",
    "git mv src PATH",
    "git -C PATH checkout -q -- .",
    "git apply <<'EOF'\n--- a/PATH\n+++ b/PATH\n@@ -1 +1 @@\n-seed: 9\n+seed: 2\nEOF",
    "patch -s -p1 <<'EOF'\n--- a/PATH\n+++ b/PATH\n@@ -1 +1 @@\n-seed: 9\n+seed: 2\nEOF",
    "patch -s PATH <<'EOF'\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-seed: 9\n+seed: 2\nEOF",
    "(cd PATH && rm -rf *)",
    "cd PATH && rm -rf exp-001.md",
    "bash -c 'rm -rf \"$1\"' _ PATH",
    "env -C PATH rm -rf exp-001.md",
    "timeout 5 rm -rf PATH",
    "exec 5> PATH",
)
_AROUND = (
    "COMMAND",
    "( COMMAND\n)",
    "{ COMMAND\n}",
    "if true; then COMMAND\nfi",
    "true && { COMMAND\n}",
    "false || { COMMAND\n}",
    "f2() { COMMAND\n}; f2",
    "echo $(COMMAND\n)",
    "COMMAND\ntrue",
    "{ COMMAND\n} &\nwait",
    "for i in 1 2; do COMMAND\ndone",
    "for p in notes.md RESEARCH_LOG.md; do COMMAND\ndone",
    "for d in src experiments; do COMMAND\ndone",
    "! { COMMAND\n}",
    "f3() { COMMAND\nreturn\n}; f3; echo x > notes.md",
    "bash -c QUOTED",
    "eval QUOTED",
    "bash <<'END'\nCOMMAND\nEND",
    "case a in a) COMMAND\n;; esac",
)


def scratch_repository(folder: Path) -> Path:
    """The tables' repository with a commit, from which protected and other files differ."""
    root = protected_repository(folder)
    as_someone = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["add", "-A"], [*as_someone, "commit", "-qm", "first"]):
        subprocess.run(["git", *words], cwd=root, check=True, env=_environment(root))
    (root / "experiments/exp-001.md").write_text("seed: 9\n")
    (root / "experiments/untracked.md").write_text("new\n")
    (root / "notes.md").write_text("changed\n")
    return root


def _environment(root: Path) -> dict[str, str]:
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(root.parent),
        "GIT_CEILING_DIRECTORIES": str(root.parent),
        "GIT_CONFIG_NOSYSTEM": "1",
        "LC_ALL": "C",
    }


def _protected_now(root: Path) -> dict[str, bytes]:
    found = {}
    for start in PROTECTED:
        for path in [root / start, *(root / start).rglob("*")]:
            if path.is_symlink():
                found[str(path)] = os.readlink(path).encode()
            elif path.exists():
                found[str(path)] = path.read_bytes() if path.is_file() else b"a folder"
    return found


class Bash:
    """Runs what the hook lets pass, each time in a repository as it was at first."""

    def __init__(self, folder: Path) -> None:
        self.first = scratch_repository(folder / "first")
        self.root = folder / "now" / "repo"
        shutil.copytree(self.first, self.root, symlinks=True)

    def try_out(self, command: str) -> bool | None:
        """None when the hook denies *command*; else whether everything protected is as it was after bash ran it."""
        environment = _environment(self.root)
        if judge_command(command, str(self.root), reach_of(self.root), environment) is not None:
            return None
        before = _protected_now(self.root)
        try:
            subprocess.run(
                ["bash", "-c", command],
                cwd=self.root,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=20,
                check=False,
            )
            return _protected_now(self.root) == before
        finally:
            shutil.rmtree(self.root.parent)
            shutil.copytree(self.first, self.root, symlinks=True)


@pytest.fixture(scope="module")
def bash(tmp_path_factory: pytest.TempPathFactory) -> Bash:
    return Bash(tmp_path_factory.mktemp("bash").resolve())


def composed(before: str, action: str, path: str, around: str) -> str:
    inner = before + action.replace("PATH", path)
    return around.replace("COMMAND", inner).replace("QUOTED", shlex.quote(inner))


COMPOSED = st.builds(
    composed, st.sampled_from(_BEFORE), st.sampled_from(_ACTIONS), st.sampled_from(_PATHS), st.sampled_from(_AROUND)
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(command=COMPOSED)
def test_what_passes_changes_nothing_protected(bash: Bash, command: str):
    assert bash.try_out(command) in (None, True)


@pytest.mark.parametrize("action", _ACTIONS)
def test_each_way_to_change_the_spec_is_denied_and_passes_elsewhere(bash: Bash, action: str):
    assert bash.try_out(action.replace("PATH", "experiments/exp-001.md")) is not False
    assert bash.try_out(action.replace("PATH", "experiments")) is not False
    assert bash.try_out(action.replace("PATH", "src/a.py")) is not False


def test_most_of_them_pass_where_nothing_is_protected(bash: Bash):
    passed = [action for action in _ACTIONS if bash.try_out(action.replace("PATH", "src/a.py"))]

    assert len(passed) > len(_ACTIONS) * 3 // 4


@pytest.mark.parametrize(
    "command", [each for each in ALLOWED if not _OUTSIDE & set(each.replace("'", " ").split()) and "/tmp" not in each]
)
def test_what_the_table_lets_pass_changes_nothing_protected(bash: Bash, command: str):
    assert bash.try_out(command) is True


@pytest.mark.long
def test_thousands_of_them(bash: Bash):
    chosen = random.Random(20261122)
    for _ in range(4000):
        parts = (chosen.choice(each) for each in (_BEFORE, _ACTIONS, _PATHS, _AROUND))
        command = composed(*parts)
        assert bash.try_out(command) is not False, command
