"""The boundary to other people's verifiers: real packages in a folder on the path, a process of their own each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from autolab_core.io.layout import POLICY
from autolab_verifiers.selftest.repository import build

ROOT = Path(__file__).parents[3]

GOOD = """
from autolab_verifiers.contract import RuleSet, hookimpl

mine = RuleSet("mine", "a verifier of somebody else")

@mine.rule("MY001", "the backlog is there")
def backlog(context):
    if not context.tree.exists(".autolab/backlog.yaml"):
        yield context.missing(".autolab/backlog.yaml", "does not exist")

@hookimpl
def autolab_verifiers():
    return [mine]
"""


class Site:
    """A folder like site-packages, with throw-away distributions in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(self, name: str, source: str, *, entry: str | None = None, group: str = "autolab_verifiers") -> None:
        info = self.folder / f"{name}-1.2.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n", encoding="utf-8")
        entry = entry or f"{name} = {name}"
        (info / "entry_points.txt").write_text(f"[{group}]\n{entry}\n", encoding="utf-8")
        (self.folder / f"{name}.py").write_text(source, encoding="utf-8")


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path / "site")


@pytest.fixture
def repository(tmp_path):
    made = build(tmp_path / "repository")
    made.remove(POLICY)  # it lists what is run, and so leaves plugins out
    return made


def run(
    site: Site, *arguments: str, cwd: Path | None = None, path: str | None = None
) -> subprocess.CompletedProcess[str]:
    search = os.pathsep.join([str(ROOT), path or str(site.folder)])
    environment = {**os.environ, "PYTHONPATH": search}
    command = [sys.executable, "-P", "-m", "autolab_verifiers", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=cwd, check=False)


def checks(site: Site, repository, **options) -> dict[str, dict]:
    done = run(site, str(repository.root), "--format", "json", **options)
    assert "Traceback" not in done.stderr
    return {check["rule"]: check for check in json.loads(done.stdout)["checks"]}


def test_an_installed_plugin_is_run(site, repository):
    site.install("good", GOOD)

    assert checks(site, repository)["MY001"]["status"] == "pass"
    repository.remove(".autolab/backlog.yaml")
    assert checks(site, repository)["MY001"]["status"] == "fail"


def test_a_plugin_comes_after_the_builtins(site, repository):
    site.install("good", GOOD)

    assert list(checks(site, repository))[-1] == "MY001"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("raise RuntimeError('no luck')", "RuntimeError: no luck"),
        ("import a_module_that_is_not_there", "ModuleNotFoundError"),
        ("def broken(:", "SyntaxError"),
        ("raise SystemExit(0)", "SystemExit"),
        ("", "implements no hook"),
        (GOOD.replace("return [mine]", "raise KeyError('in the hook')"), "KeyError: 'in the hook'"),
        (GOOD.replace("return [mine]", "return [3]"), "int has no name"),
        (GOOD.replace("return [mine]", "return 3"), "TypeError"),
        (GOOD.replace('"mine"', '"run_health"'), "'run_health' is taken"),
        (GOOD.replace("def autolab_verifiers():", "def autolab_verifiers(tree):"), "PluginValidationError"),
        (
            GOOD.split("@mine.rule", maxsplit=1)[0] + "@hookimpl\ndef autolab_verifiers():\n    return [mine]",
            "has no rules",
        ),
    ],
)
def test_a_broken_plugin_is_an_error_that_names_its_distribution(site, repository, source, words):
    site.install("broken", source)
    site.install("good", GOOD)

    found = checks(site, repository)

    assert found["AV003"]["status"] == "error"
    assert "the plugin 'broken' of broken 1.2 cannot be used" in found["AV003"]["reason"]
    assert words in found["AV003"]["reason"]
    assert found["MY001"]["status"] == "pass"
    assert found["RH001"]["status"] == "pass"


def test_a_broken_plugin_means_exit_2(site, repository):
    site.install("broken", "raise RuntimeError('no luck')")

    assert run(site, str(repository.root)).returncode == 2
    listed = run(site, "--list")
    assert (listed.returncode, "no luck" in listed.stderr, "run_health" in listed.stdout) == (2, True, True)


def test_a_rule_of_a_plugin_that_breaks_is_an_error(site, repository):
    site.install("good", GOOD.replace("if not context", "raise OSError('gone')\n    if not context"))

    found = checks(site, repository)

    assert (found["MY001"]["status"], found["MY001"]["reason"]) == ("error", "the verifier broke: OSError: gone")


def test_a_required_plugin_that_is_not_installed_is_an_error(site, repository):
    repository.write(POLICY, "stages: {extract_results: {required: [mine]}}\n")

    assert checks(site, repository)["AV004"]["status"] == "error"
    site.install("good", GOOD)
    assert "AV004" not in checks(site, repository)


def test_an_entry_point_of_another_group_is_not_loaded(site, repository):
    site.install("other", "raise RuntimeError('must not be imported')", group="console_scripts")

    assert "AV003" not in checks(site, repository)


@pytest.mark.parametrize("cwd", [True, False])
def test_what_lies_in_the_verified_repository_is_never_loaded(site, repository, cwd):
    """A planted distribution, even when the repository is on the path, must not become a plugin."""
    planted = Site(repository.root)
    planted.install("planted", "raise RuntimeError('was imported')")
    Site(repository.root / "lib").install("planted", "raise RuntimeError('was imported')")

    path = os.pathsep.join([str(repository.root), str(repository.root / "lib"), ""])
    found = checks(site, repository, cwd=repository.root if cwd else None, path=path)

    assert "AV003" not in found


def test_a_planted_distribution_cannot_hide_an_installed_one(site, repository):
    site.install("good", GOOD)
    Site(repository.root).install("good", "raise RuntimeError('was imported')")

    path = os.pathsep.join([str(repository.root), str(site.folder)])

    assert checks(site, repository, path=path)["MY001"]["status"] == "pass"


@pytest.mark.parametrize("flags", [["-P"], []])
def test_modules_in_the_current_folder_are_not_imported(site, repository, flags):
    for name in ("json", "argparse", "ruamel", "conftest", "sitecustomize", "pluggy", "hashlib"):
        repository.write(f"{name}.py", "raise RuntimeError('was imported')")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, *flags, "-m", "autolab_verifiers", "-q"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=repository.root, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_without_plugins_neither_pluggy_nor_metadata_is_imported(site, repository):
    code = (
        "import sys\nfrom autolab_verifiers.cli.main import main\n"
        f"code = main([{str(repository.root)!r}, '-q'])\n"
        "heavy = ('attr', 'cattrs', 'importlib.metadata', 'inspect', 'jsonschema', 'logging', 'pluggy', 'subprocess')\n"
        "print(code, [name for name in heavy if name in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)

    assert done.stdout.splitlines()[-1] == "0 []"


# --- tracebacks


def test_a_broken_plugin_tells_where_it_broke(site, repository):
    site.install("broken", "def inner():\n    raise RuntimeError('no luck')\n\ninner()")

    check = checks(site, repository)["AV003"]

    assert check["reason"].endswith("cannot be used: RuntimeError: no luck")
    lines = check["traceback"].splitlines()
    assert lines[-1] == "RuntimeError: no luck"
    assert any(line.endswith('broken.py", line 2, in inner') for line in lines)
    assert len(lines) <= 20
    told, quiet = (run(site, str(repository.root), *more, "--no-write").stdout for more in (["-v"], []))
    assert "      RuntimeError: no luck\n" in told
    assert "broken.py" not in quiet
    assert "Traceback" not in quiet


def test_a_rule_that_breaks_tells_where_it_broke(site, repository):
    site.install("good", GOOD.replace("if not context", "raise OSError('gone')\n    if not context"))

    found = checks(site, repository)

    assert found["MY001"]["traceback"].splitlines()[-1] == "OSError: gone"
    assert [rule for rule, check in found.items() if "traceback" in check] == ["MY001"]


def test_a_long_traceback_is_cut_at_its_beginning(site, repository):
    site.install("deep", "def f(n):\n    g(n)\ndef g(n):\n    return f(n - 1) if n else 1 / 0\nf(50)")

    lines = checks(site, repository)["AV003"]["traceback"].splitlines()

    assert (len(lines), lines[0], lines[-1]) == (20, "…", "ZeroDivisionError: division by zero")


# --- blocking

EXPLODES = "raise RuntimeError('was imported')"


def test_a_blocked_plugin_is_not_imported(site, repository):
    site.install("good", GOOD)
    site.install("other", EXPLODES)

    done = run(site, str(repository.root), "--block", "other,good", "--format", "json")

    assert done.returncode == 0
    assert not {"AV003", "MY001"} & {check["rule"] for check in json.loads(done.stdout)["checks"]}


def test_the_policy_blocks_a_plugin(site, repository):
    site.install("other", EXPLODES)
    site.install("good", GOOD)
    repository.write(POLICY, "plugins: {block: [other, one_that_is_not_installed_here]}\n")

    found = checks(site, repository)

    assert "AV003" not in found
    assert found["MY001"]["status"] == "pass"


@pytest.mark.parametrize("policy", ["plugins: {block: other}\n", "plugins: [other]\n", "plugins: {block: [[\n"])
def test_a_policy_that_says_wrongly_what_it_blocks_blocks_every_plugin(site, repository, policy):
    site.install("other", EXPLODES)
    repository.write(POLICY, policy)

    found = checks(site, repository)

    assert found["AV002"]["status"] == "error"
    assert "AV003" not in found


def test_a_required_verifier_of_a_blocked_plugin_is_an_error(site, repository):
    site.install("good", GOOD)
    repository.write(POLICY, "stages: {extract_results: {required: [mine]}}\nplugins: {block: [good]}\n")

    check = checks(site, repository)["AV004"]

    assert check["status"] == "error"
    assert "the required verifier 'mine' is not installed, or its plugin is blocked (good)" in check["reason"]


@pytest.mark.parametrize("installed", [True, False])
def test_a_name_that_is_no_plugins_cannot_be_blocked(site, repository, installed):
    if installed:
        site.install("good", GOOD)

    done = run(site, str(repository.root), "--block", "goood")

    assert done.returncode == 2
    assert done.stderr == (
        f"autolab-verify: --block 'goood': no plugin is called so; installed: {'good' if installed else 'none'}\n"
    )


def test_the_list_shows_what_is_blocked(site, repository):
    site.install("other", EXPLODES)

    for done in (run(site, "--list", "--block", "other"), run(site, "--list", str(repository.root))):
        shown = "blocked: the plugin 'other' of other 1.2\n" in done.stdout
        assert (done.returncode, shown) == ((0, True) if "--block" in done.args else (2, False))
    repository.write(POLICY, "plugins: {block: [other]}\n")
    done = run(site, "--list", str(repository.root))
    assert (done.returncode, "blocked: the plugin 'other' of other 1.2\n" in done.stdout) == (0, True)


def test_the_self_test_leaves_blocked_plugins_alone(site, repository):
    site.install("other", EXPLODES)

    assert run(site, "--self-test", "--only", "template_fill").returncode == 2
    done = run(site, "--self-test", "--only", "template_fill", "--block", "other")
    assert (done.returncode, "blocked: the plugin 'other' of other 1.2\n" in done.stdout) == (0, True)


def test_pytest_heeds_the_policy(site, repository):
    site.install("other", EXPLODES)
    repository.write(POLICY, "plugins: {block: [other]}\n")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(site.folder)])}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--autolab",
        f"--rootdir={repository.root}",
    ]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=repository.root, check=False)

    assert done.returncode == 0, done.stdout
