"""Runs that have to be guarded, on a cluster behind ssh: the guard is entered there, and its record judged here."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from autolab_core.guard.record import problems
from tests.battery.somebody import Somebody, with_python
from tests.integration.remote.sites import OUTPUT, sites
from tests.integration.slurm import replicates as made

POLICY = ".autolab/verifier_policy.yaml"
BODY = f"""\
if echo more >>docs/environment.md; then exit 3; fi
if rm .autolab/guard/*; then exit 4; fi
{OUTPUT}
"""


@pytest.fixture
def site(lab, far_host, far_slurm, make_ssh_host, tmp_path):
    yield from sites(lab, far_host, far_slurm, make_ssh_host, tmp_path)


@pytest.fixture(scope="session")
def far_python(far_host) -> Iterator[str]:
    """An interpreter there that has this program, as `-I` sees it."""
    user = Somebody("far", far_host.uid, far_host.uid, sys.executable, "")
    # Not below /tmp, where a guard puts an empty folder.
    with TemporaryDirectory(prefix="autolab-far-", dir="/var/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        user = with_python(user, folder)
        if not user.packages:
            yield user.python
            return
        subprocess.run((user.python, "-m", "venv", "--without-pip", folder / "venv"), check=True)
        [packages] = (folder / "venv/lib").glob("python*/site-packages")
        (packages / "autolab.pth").write_text(f"{user.packages}\n")
        yield str(folder / "venv/bin/python")


def of(site, python: str | None) -> None:
    site.write_profile(f"    python: {json.dumps(python)}\n" if python else "")
    site.lab.approve()
    site.commit()


def test_a_guarded_run_is_guarded_there_and_its_record_comes_home(site, far_python):
    lab = site.make(BODY).lab
    lab.write(POLICY, "guard: {require: content}\n")

    of(site, None)
    refused = site.launch()
    of(site, far_python)
    launched = site.launch()

    assert (refused.code, refused.json["outcome"]) == (1, "needs_retry"), refused
    assert "`python3 -I` there has no Autolab" in refused.json["summary"]
    assert "as `python` of the profile" in refused.json["advice"]
    assert (launched.code, launched.json["outcome"]) == (0, "advance"), launched
    assert site.ended() == "COMPLETED", (site.tree / lab.run.relative_to(lab.root) / "logs/stderr.log").read_text()
    site.look_until("update_docs")
    manifest, record = lab.manifest(), lab.json(f".autolab/guard/{lab.run.name}.json")
    assert (manifest["status"], manifest["artifact_sync_to_local"]["status"]) == ("completed", "ok")
    assert (lab.run / "outputs/it's one").read_text() == "1\n"
    assert problems(record) == []
    assert (record["exit_code"], record["after"]["seals_ok"]) == (0, True)
    assert record["root"] == manifest["remote"]["work_tree"]
    assert manifest["guard"]["verified"] is True
    checks = {check["rule"]: check["status"] for check in lab.json(".autolab/verification_result.json")["checks"]}
    assert {checks[f"SG00{number}"] for number in (1, 2, 3, 5, 9)} == {"pass"}
    site.tree.rename(site.tree.with_name("gone"))  # as it is to whoever has another machine
    verified = site.do("guard", "verify", "--run", lab.run.name, "--json")
    assert verified.code == 0
    assert (verified.json["holds"], verified.json["seals_elsewhere"] > 0) == (True, True)


@pytest.mark.long
def test_each_replicate_is_guarded_there_with_a_record_of_its_own(site, far_python):
    lab = made.make(site.lab, 2, BODY)
    lab.write(POLICY, "guard: {require: content}\n")
    lab.approve()
    made.commit(lab)
    site.write_profile(f"    python: {json.dumps(far_python)}\n")  # git ignores where it lies: none of it is sent

    launched = site.do("launch", "--remote", "there", "--run-id", "g1", "--json")
    assert launched.code == 0, launched
    site.look_until("update_docs")

    assert set(made.statuses(lab).values()) == {"completed"}
    tasks = [made.manifest(lab, f"g1-r{index}")["guard"] for index in range(2)]
    assert [each["record"] for each in tasks] == [f".autolab/guard/g1-r{index}.json" for index in range(2)]
    assert [each["verified"] for each in tasks] == [True, True]
