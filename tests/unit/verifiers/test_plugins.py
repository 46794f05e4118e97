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
