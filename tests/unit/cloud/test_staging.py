"""What is sent, and what is not."""

from __future__ import annotations

import gzip
import io
import os
import tarfile

import pytest

from autolab_core.cloud import keys
from autolab_core.cloud.protocol import checkout_of
from autolab_core.cloud.runner.shards import SMALL_BYTES
from autolab_core.cloud.running import Submission, silent, submit
from autolab_core.cloud.staging import data as data_files
from autolab_core.cloud.staging.code import pack_code
from autolab_core.cloud.staging.data import stage_data
from autolab_core.cloud.staging.requirements import lock_not_followed, requirements_of
from autolab_core.cloud.staging.secret_files import content_problem, name_problem
from autolab_core.cloud.stored import read_run
from autolab_core.io.digest import sha256_of_bytes
from autolab_core.io.experiment_layout import cloud_patch
from autolab_core.vocab.cloud import Requirements
from autolab_core.vocab.errors import UsageError
from tests.unit.cloud import samples


def code_of(root, allowed=()):
    return pack_code(
        root, samples.SPEC, checkout_of(root, samples.SPEC, samples.RESULTS), ("data", samples.RESULTS), allowed
    )


def names_in(archive: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return tar.getnames()


def test_the_code_is_what_git_tracks_as_it_lies_there(tmp_path):
    root = samples.repository(tmp_path / "repo")
    (root / samples.SCRIPT).write_text("changed")
    (root / "untracked.py").write_text("")
    os.chmod(root / samples.SCRIPT, 0o755)
    found = code_of(root)

    assert names_in(found.data) == [".gitignore", samples.SPEC, samples.SCRIPT]
    assert found.untracked == ("untracked.py",)
    with tarfile.open(fileobj=io.BytesIO(found.data)) as tar:
        member = tar.getmember(samples.SCRIPT)
        assert (member.mode, member.mtime, member.uid) == (0o755, 0, 0)
        assert tar.extractfile(member).read() == b"changed"


def test_the_same_files_make_the_same_archive(tmp_path):
    root = samples.repository(tmp_path / "repo")
    first = code_of(root)
    os.utime(root / samples.SCRIPT, (1, 1))

    assert code_of(root).data == first.data
    assert gzip.decompress(first.data)


def test_what_is_deleted_is_not_sent_and_a_link_within_is(tmp_path):
    root = samples.repository(tmp_path / "repo")
    (root / "gone.py").write_text("")
    (root / "link.py").symlink_to("scripts/run_experiment.py")
    samples.git(root, "add", "-A")
    samples.git(root, "commit", "-q", "-m", "second")
    (root / "gone.py").unlink()

    assert "gone.py" not in names_in(code_of(root).data)
    assert "link.py" in names_in(code_of(root).data)


@pytest.mark.parametrize("target", ["/etc/passwd", "../outside", "scripts/../../outside"])
def test_a_link_out_of_the_repository_is_refused(tmp_path, target):
    root = samples.repository(tmp_path / "repo")
    (tmp_path / "outside").write_text("")
    (root / "link").symlink_to(target)
    samples.git(root, "add", "-A")

    with pytest.raises(UsageError, match=r"link is not sent: it is a symbolic link that leads out"):
        code_of(root)


@pytest.mark.parametrize(
    "name", [".env", "deploy/.env.production", "server.pem", "keys/id_rsa", ".aws/config", "credentials", "kaggle.json"]
)
def test_a_file_with_the_name_of_a_secret_is_refused_and_may_be_allowed(tmp_path, name):
    root = samples.repository(tmp_path / "repo")
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text("x")
    samples.git(root, "add", "-f", name)

    with pytest.raises(UsageError, match=rf"{name} is not sent: .*--allow-file {name}"):
        code_of(root)
    assert name in names_in(code_of(root, (name,)).data)


@pytest.mark.parametrize("name", [".env.example", "id_rsa.pub", "environment.yml", "keyboard.py", "secret_santa.py"])
def test_a_harmless_name_is_none(name):
    assert name_problem(name) is None


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("key = 'AKIA" + "ABCDEFGH12345678'", "an access key of AWS"),
        ("-----BEGIN RSA " + "PRIVATE KEY-----", "a private key"),
        ("-----BEGIN " + "PRIVATE KEY-----", "a private key"),
        ("ghp_" + "a" * 36, "an access token"),
        ("hf_" + "a" * 34, "an access token"),
    ],
)
def test_what_looks_like_a_key_is_seen(tmp_path, text, what):
    root = samples.repository(tmp_path / "repo")
    (root / "settings.py").write_text(text)
    samples.git(root, "add", "-A")

    assert what in str(content_problem(text.encode()))
    with pytest.raises(UsageError, match=rf"settings.py is not sent: it seems to hold {what}"):
        code_of(root)


def test_the_key_of_the_documentation_is_none():
    assert content_problem(b"AKIAIOSFODNN7EXAMPLE") is None


def test_data_is_sent_once(tmp_path):
    root = samples.repository(tmp_path / "repo")
    for number in range(40):
        (root / "data" / f"{number}.txt").write_text(str(number))
    storage = samples.storage(tmp_path / "store")
    first = stage_data(storage, root, "data", (), silent)
    there = {(found.key, os.stat(tmp_path / "store" / found.key).st_ino) for found in storage.list("")}

    assert (first.files, len(first.objects)) == (42, 2)
    assert {found.key for found in storage.list("")} == {keys.blob(each.sha256) for each in first.objects}
    assert stage_data(storage, root, "data", (), silent) == first
    assert {(found.key, os.stat(tmp_path / "store" / found.key).st_ino) for found in storage.list("")} == there


def test_data_behind_a_link_is_sent_and_links_out_of_it_are_not(tmp_path):
    root = samples.repository(tmp_path / "repo")
    disk = tmp_path / "disk"
    (root / "data").rename(disk)
    (root / "data").symlink_to(disk)
    (disk / "same.txt").symlink_to("a.txt")
    storage = samples.storage(tmp_path / "store")

    assert stage_data(storage, root, "data", (), silent).files == 3

    (disk / "out").symlink_to("/etc/passwd")
    with pytest.raises(UsageError, match="data/out is not sent: it is a symbolic link"):
        stage_data(storage, root, "data", (), silent)


@pytest.mark.parametrize("kind", ["fifo", "loop", "secret", "none"])
def test_data_that_cannot_be_sent_is_named(tmp_path, kind):
    root = samples.repository(tmp_path / "repo")
    odd = root / "data" / "odd"
    if kind == "fifo":
        os.mkfifo(odd)
    elif kind == "loop":
        odd.symlink_to("odd")
    elif kind == "secret":
        odd.write_text("AKIA" + "ABCDEFGH12345678")
    folder = "data" if kind != "none" else "nowhere"

    with pytest.raises(UsageError, match=r"data/odd|nowhere"):
        stage_data(samples.storage(tmp_path / "store"), root, folder, (), silent)


def test_a_million_empty_files_make_no_archive_that_fills_the_memory():
    files = [data_files._File(str(number), "", 0, 0o644) for number in range(20_000)]

    assert [len(group) <= 8192 for group in data_files._groups(files)] == [True] * 3


def test_a_large_file_goes_alone(tmp_path):
    root = samples.repository(tmp_path / "repo")
    found = stage_data(samples.storage(tmp_path / "store"), root, "data", (), silent)

    assert [(each.path, each.size > SMALL_BYTES) for each in found.objects if each.path] == [("more/b.bin", True)]


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        ({}, Requirements.NONE),
        ({"requirements.txt": ""}, Requirements.TEXT),
        ({"requirements.txt": "", "requirements.lock": ""}, Requirements.LOCK),
        ({"pyproject.toml": "[tool.ruff]\n"}, Requirements.NONE),
        ({"pyproject.toml": "[project]\nname = 'x'\n"}, Requirements.PROJECT),
        ({"pyproject.toml": "[build-system]\nrequires = ['poetry-core']\n", "poetry.lock": ""}, Requirements.PROJECT),
        ({"uv.lock": "", "requirements.txt": ""}, Requirements.TEXT),
    ],
)
def test_requirements_are_the_file_that_says_them(tmp_path, files, wanted):
    for name, text in files.items():
        (tmp_path / name).write_text(text)

    assert requirements_of(tmp_path) is wanted


@pytest.mark.parametrize("name", ["uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pylock.toml"])
def test_a_lock_that_pip_cannot_read_is_said_with_the_way_out(tmp_path, name):
    (tmp_path / name).write_text("")
    with pytest.raises(UsageError, match=rf"{name} cannot be installed by pip: .* requirements.txt"):
        requirements_of(tmp_path)

    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    found = requirements_of(tmp_path)
    assert f"{name} is not followed" in lock_not_followed(tmp_path, found)
    (tmp_path / "requirements.txt").write_text("")
    assert lock_not_followed(tmp_path, requirements_of(tmp_path)) is None


def test_a_lock_that_is_not_followed_is_told_when_the_run_is_sent(lab):
    (lab.root / "pyproject.toml").write_text("[project]\nname = 'x'\nversion = '1'\n")
    (lab.root / "uv.lock").write_text("")
    samples.git(lab.root, "add", "-A", "-f")
    lab.engine.wait(lab.submit(command="true").run_id)

    assert [line for line in lab.said if "uv.lock is not followed" in line]


def test_without_a_commit_nothing_is_sent(tmp_path):
    root = samples.samples.repository(tmp_path / "repo")

    with pytest.raises(UsageError, match="not a git repository; commit it first"):
        code_of(root)


def test_nothing_of_a_refused_run_counts_as_active(tmp_path):
    root = samples.proven(samples.repository(tmp_path / "repo"))
    (root / "data" / "id_rsa").write_text("")
    engine, storage = samples.ProcessEngine(tmp_path / "engine"), samples.storage(tmp_path / "store")
    with pytest.raises(UsageError, match="id_rsa"):
        submit(root, samples.request(), engine, storage, Submission())
    assert list(storage.list("runs/")) == []

    (root / "data" / "id_rsa").unlink()
    found = submit(root, samples.request(), engine, storage, Submission())
    assert engine.wait(found.run_id) == 0


def applied(root, patch: bytes, at) -> dict[str, bytes]:
    """The files of the newest commit of *root* with *patch* on top of it, made at *at*."""
    samples.git(root, "worktree", "add", "-q", "--detach", str(at))
    (at / "the.patch").write_bytes(patch)
    samples.git(at, "apply", "--index", "the.patch")
    (at / "the.patch").unlink()
    return {str(path.relative_to(at)): path.read_bytes() for path in at.rglob("*") if path.is_file()}


def test_the_patch_leads_from_the_commit_to_the_code_that_is_sent(tmp_path):
    root = samples.repository(tmp_path / "repo")
    (root / "gone.py").write_text("old")
    (root / "data" / "tracked.txt").write_text("data")
    samples.git(root, "add", "-A", "-f")
    samples.git(root, "commit", "-q", "-m", "second")
    (root / "gone.py").unlink()
    (root / "data" / "tracked.txt").write_text("is sent with the data")
    (root / samples.SCRIPT).write_bytes(b"no line break, and \xff\0 bytes")
    (root / "new ü.py").write_text("new")
    samples.git(root, "add", "new ü.py")
    engine, storage = samples.ProcessEngine(tmp_path / "engine"), samples.storage(tmp_path / "store")
    samples.proven(root)
    intent = submit(root, samples.request(command="true"), engine, storage, Submission())
    run, patch = read_run(storage, intent.run_id), storage.get(keys.patch(intent.run_id))
    engine.wait(intent.run_id)

    assert run is not None
    assert run.patch_sha256 == sha256_of_bytes(patch)
    assert (root / cloud_patch(intent.run_id)).read_bytes() == patch
    assert b"tracked.txt" not in patch
    there = applied(root, patch, tmp_path / "elsewhere")
    with tarfile.open(fileobj=io.BytesIO(storage.get(keys.code(intent.run_id)))) as tar:
        sent = {each.name: tar.extractfile(each).read() for each in tar}
    assert {path: there[path] for path in sent} == sent
    assert {path for path in there.keys() - sent.keys() if not path.startswith("data/")} == {".git"}


def test_code_as_its_commit_has_it_needs_no_patch(tmp_path):
    assert code_of(samples.repository(tmp_path / "repo")).patch is None


@pytest.mark.parametrize("name", ["settings.py", "production.env"])
def test_a_patch_does_not_show_the_secret_that_a_file_was(tmp_path, name):
    root = samples.repository(tmp_path / "repo")
    (root / name).write_text("KEY = 'AKIA" + "QWERTYUIOPASDFGH'\n")
    samples.git(root, "add", "-A")
    samples.git(root, "commit", "-q", "-m", "second")
    (root / name).unlink()

    with pytest.raises(UsageError, match=f"they show what {name} was: .*; commit them first"):
        code_of(root)
    assert b"AKIAQ" in code_of(root, allowed=(name,)).patch.data
    samples.git(root, "add", "-A")
    samples.git(root, "commit", "-q", "-m", "third")
    assert code_of(root).patch is None
