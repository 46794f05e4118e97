"""The tool's own installation, wherever this user's Python may find it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import autolab_core
from autolab_core.guard.installation import installation

CHECKOUT = Path(autolab_core.__file__).resolve().parent.parent
ASK = (
    f"import sys; sys.path.insert(0, {str(CHECKOUT)!r}); import json; "
    "from autolab_core.guard.installation import installation; print(json.dumps(installation()))"
)


def asked(*options: str, **environment: str) -> list[str]:
    """What another process finds, that imports the tool from the checkout."""
    source = {"PATH": os.environ["PATH"], **environment}
    done = subprocess.run(
        [sys.executable, *options, "-c", ASK], env=source, check=True, capture_output=True, text=True, cwd="/"
    )
    return json.loads(done.stdout)


def installed(folder: Path, *names: str) -> list[str]:
    for name in names:
        (folder / name).mkdir(parents=True)
    return [str(folder / name) for name in names]


def test_the_packages_that_run_are_found_where_they_lie():
    found = set(installation())

    assert {str(CHECKOUT / name) for name in ("autolab_core", "autolab_verifiers", "autolab_cli")} <= found
    assert all(os.path.realpath(path) == path for path in found)


def test_an_editable_installation_is_found_with_what_leads_to_it(tmp_path):
    folder = tmp_path / "site"
    installed(folder, "autolab_verify-0.4.dist-info", "autolab_other")
    (folder / "__editable__.autolab_verify-0.4.pth").write_text("import autolab\n")
    (folder / "__editable___autolab_verify_0_4_finder.py").write_text("")
    (folder / "autolab_core").symlink_to(CHECKOUT / "autolab_core")

    assert {Path(path).name for path in asked(PYTHONPATH=str(folder)) if path.startswith(str(folder))} == {
        "autolab_verify-0.4.dist-info",
        "__editable__.autolab_verify-0.4.pth",
        "__editable___autolab_verify_0_4_finder.py",
    }


def test_installations_of_the_user_and_of_pythonpath_are_found_also_by_an_isolated_process(tmp_path):
    base = tmp_path / "base"
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    wanted = [
        *installed(base / "lib" / version / "site-packages", "autolab_core", "autolab_verify-1.0.dist-info"),
        *installed(tmp_path / "first", "autolab_verifiers"),
        *installed(tmp_path / "second", "autolab_cli"),
    ]
    path = os.pathsep.join([str(tmp_path / "first"), "", str(tmp_path / "absent"), str(tmp_path / "second")])

    for options in ((), ("-I",)):
        found = asked(*options, PYTHONUSERBASE=str(base), PYTHONPATH=path)
        assert set(wanted) <= set(found), options


def test_who_has_no_such_installation_has_the_one_that_runs(tmp_path):
    assert {Path(path).parent for path in asked("-I", PYTHONUSERBASE=str(tmp_path))} == {
        Path(path).parent for path in asked("-I")
    }
