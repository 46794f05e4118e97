"""What comes home, and what is refused on its way: nothing of the storage is believed."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tracemalloc

import pytest

from autolab_core.cloud import keys
from autolab_core.cloud.models import OutFile, OutObject, RunManifestOut
from autolab_core.cloud.pulling import fetching, placing
from autolab_core.cloud.pulling.placing import beside
from autolab_core.cloud.pulling.planning import TAR_BYTES, check_manifest
from autolab_core.cloud.records import CloudRecords
from autolab_core.cloud.storage.base import READ_BYTES, StorageError
from autolab_core.io.experiment_layout import ExperimentPaths
from autolab_core.io.journal import JournalFile
from autolab_core.stages.init import init
from autolab_core.vocab.errors import DocumentError, UsageError
from tests.unit.cloud import samples
from tests.unit.cloud.dying import killed_at
from tests.unit.cloud.labs import lab_at
from tests.unit.experiment.samples import config, events, metrics, state_of

HASH = "0" * 64


def tree(folder) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def around(lab) -> set[str]:
    """Everything outside of the results and the records."""
    found = {str(path.relative_to(lab.root.parent)) for path in lab.root.parent.rglob("*")}
    ours = ("repo/.autolab", f"repo/{samples.RESULTS}", "repo/results/.exp-001-rate.autolab-", "repo/.git")
    return {path for path in found if not path.startswith(ours)}


@pytest.fixture(scope="module")
def pattern(tmp_path_factory):
    """A run that has ended, and was not pulled: copied for each test."""
    place = tmp_path_factory.mktemp("pattern")
    lab = lab_at(place)
    lab.run()
    return place


@pytest.fixture
def ended(pattern, tmp_path):
    for name in ("repo", "store", "engine"):
        shutil.copytree(pattern / name, tmp_path / name, symlinks=True)
    return lab_at(tmp_path, new=False)


def rewritten(lab, change) -> str:
    """Change the manifest in the storage as somebody may who can write there, the result's hash of it too."""
    intent = CloudRecords(lab.root).chosen(None)
    path = lab.storage.root / keys.manifest(intent.run_id)
    document = json.loads(path.read_text())
    change(document)
    data = json.dumps(document).encode()
    path.write_bytes(data)
    result = lab.storage.root / keys.result(intent.run_id)
    said = json.loads(result.read_text())
    result.write_text(json.dumps({**said, "manifest_sha256": hashlib.sha256(data).hexdigest()}))
    return intent.run_id


def test_the_results_are_there_and_the_numbers_on_record(ended):
    pulled = ended.pull()

    assert (pulled.files, pulled.kept) == (5, None)
    assert pulled.merged is not None
    assert pulled.merged.end == "finished"
    assert [row["loss"] for row in metrics(ended.root)["per_seed"]] == [0.3, 0.31, 0.32]
    assert metrics(ended.root)["treatment"]["size"] == 64
    assert metrics(ended.root)["resource_usage"]["wall_clock_seconds"] > 0.05
    reported = config(ended.root)["resource_usage"]["reported"]["cloud"]
    assert reported["run_id"] == pulled.intent.run_id
    assert reported["artifact_sync_to_local"]["status"] == "ok"
    assert reported["artifact_sync_to_local"]["manifest_sha256"] == pulled.result.manifest_sha256
    assert config(ended.root)["guard"]["level"] == "landlock"
    assert events(ended.root)[-1] == "ended"


def test_that_its_machine_was_to_be_taken_away_is_on_record(ended):
    path = ended.storage.root / keys.result(CloudRecords(ended.root).chosen(None).run_id)
    said = json.loads(path.read_text())
    notice = {"action": "stop", "time": "2026-02-01T12:02:00Z", "seen_at": "2026-02-01T12:00:03.000Z"}
    path.write_text(json.dumps(said | {"notice": notice}))
    ended.pull()

    assert said["notice"] is None
    assert config(ended.root)["resource_usage"]["reported"]["cloud"]["notice"] == notice


def test_pulling_twice_changes_nothing(ended):
    ended.pull()
    before = tree(ended.results)
    again = ended.pull()

    assert tree(ended.results) == before
    assert again.merged is None


def test_what_is_here_already_stays(ended):
    ended.results.mkdir(parents=True, exist_ok=True)
    (ended.results / "notes.txt").write_text("mine")
    (ended.results / "empty").mkdir()
    ended.pull()

    assert (ended.results / "notes.txt").read_text() == "mine"
    assert (ended.results / "seen.json").exists()


def test_different_results_are_never_overwritten(ended):
    (ended.results / "curves").mkdir(parents=True)
    (ended.results / "curves" / "1.csv").write_text("mine")
    before = tree(ended.results)

    with pytest.raises(DocumentError, match=r"curves/1.csv: is here already, .*--force"):
        ended.pull()
    assert tree(ended.results) == before

    pulled = ended.pull(force=True)
    assert pulled.kept is not None
    assert (ended.root / pulled.kept / "curves" / "1.csv").read_text() == "mine"
    assert (ended.results / "curves" / "1.csv").read_text().startswith("step")


def test_a_broken_off_pull_goes_on(ended):
    intent = CloudRecords(ended.root).chosen(None)
    part = beside(ended.root, samples.RESULTS, intent.run_id)
    (part / "curves").mkdir(parents=True)
    (part / "curves" / "0.csv").write_text("cut sh")
    (part / "stale.txt").write_text("of another time")
    ended.pull()

    assert (ended.results / "curves" / "0.csv").read_text() == "step,loss\n"
    assert not (ended.results / "stale.txt").exists()
    assert not part.exists()


def test_killed_between_the_two_names_the_old_folder_comes_back(ended):
    intent = CloudRecords(ended.root).chosen(None)
    (ended.results).mkdir(parents=True, exist_ok=True)
    (ended.results / "notes.txt").write_text("mine")
    ended.results.rename(ended.results.parent / f".{ended.results.name}.autolab-before-{intent.run_id}")
    ended.pull()

    assert (ended.results / "notes.txt").read_text() == "mine"
    assert (ended.results / "seen.json").exists()
    assert [path.name for path in ended.results.parent.iterdir()] == [ended.results.name]


@pytest.mark.parametrize("kind", ["tar", "alone"])
def test_swapped_bytes_are_told_with_the_files_name(ended, kind):
    intent = CloudRecords(ended.root).chosen(None)
    document = json.loads((ended.storage.root / keys.manifest(intent.run_id)).read_text())
    found = next(each for each in document["objects"] if each["tar"] == (kind == "tar"))
    path = ended.storage.root / found["key"]
    data = bytearray(path.read_bytes())
    data[600] ^= 1
    path.write_bytes(data)

    with pytest.raises(DocumentError, match="large.bin: checksum mismatch" if kind == "alone" else "checksum mismatch"):
        ended.pull()
    assert tree(ended.results) == {} if ended.results.exists() else True


def test_an_object_that_grew_is_not_brought(ended):
    intent = CloudRecords(ended.root).chosen(None)
    document = json.loads((ended.storage.root / keys.manifest(intent.run_id)).read_text())
    with open(ended.storage.root / document["objects"][0]["key"], "ab") as file:
        file.truncate(64 << 20)

    with pytest.raises(DocumentError, match="is not as large as the manifest says"):
        ended.pull()


def test_a_missing_object_and_a_swapped_manifest_are_refused(ended):
    intent = CloudRecords(ended.root).chosen(None)
    path = ended.storage.root / keys.manifest(intent.run_id)
    source = path.read_bytes()
    path.write_bytes(source.replace(b"large", b"lArge"))
    with pytest.raises(DocumentError, match="it is not the one that the run left"):
        ended.pull()

    path.write_bytes(source)
    (ended.storage.root / json.loads(source)["objects"][0]["key"]).unlink()
    with pytest.raises(Exception, match="there is no object"):
        ended.pull()


def test_a_manifest_of_another_run_is_refused(ended):
    rewritten(ended, lambda document: document.update(run_id="another"))

    with pytest.raises(DocumentError, match="is of the run 'another'"):
        ended.pull()


@pytest.mark.parametrize(
    "path",
    [
        "../out",
        "/tmp/out",
        "a/../../out",
        "a//b",
        "./a",
        "a\\b",
        ".git/hooks/x",
        "a/.GIT/x",
        "line\nbreak",
        "x" * 300,
        "",
    ],
)
def test_a_path_that_could_lead_out_is_refused(ended, path):
    before = around(ended)
    rewritten(ended, lambda document: document["files"][0].update(path=path))

    with pytest.raises(DocumentError, match="is refused"):
        ended.pull()
    assert around(ended) == before


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        (("a.txt", "A.txt"), "one name to some file systems"),
        (("stra\u00dfe", "STRASSE"), "one name to some file systems"),
        (("caf\u00e9", "cafe\u0301"), "one name to some file systems"),
        (("dir/a", "DIR/b"), "one name to some file systems"),
        (("a", "a"), "one name to some file systems"),
        (("a", "a/b"), "is a file"),
    ],
)
def test_names_that_meet_are_refused(paths, message):
    files = tuple(OutFile(path, HASH, 1, 0) for path in paths)
    manifest = RunManifestOut("r", 1, "2026-01-01T00:00:00Z", (OutObject(keys.out("r", 1, HASH), HASH, 1),), files)

    with pytest.raises(DocumentError, match=message):
        check_manifest(manifest, "r", "manifest.json", bytes_at_most=1000)


def test_more_than_there_is_room_for_is_refused():
    manifest = RunManifestOut(
        "r",
        1,
        "2026-01-01T00:00:00Z",
        (OutObject(keys.out("r", 1, HASH), HASH, 1 << 50),),
        (OutFile("a", HASH, 1 << 50, 0),),
    )

    with pytest.raises(DocumentError, match="there is room for 1000"):
        check_manifest(manifest, "r", "manifest.json", bytes_at_most=1000)


@pytest.mark.parametrize(
    ("size", "files", "message"),
    [
        (10 << 20, (10 << 20, 1), "larger than the archive"),
        (1 << 20, (2 << 20,), "larger than the archive"),
        (TAR_BYTES + 1, (1,), "the limit is"),
        (None, (1 << 30,), "of another size than the object"),
    ],
)
def test_an_archive_that_would_give_more_than_it_is_is_refused(size, files, message):
    """Archives are not compressed, so what comes out of one is no more than what was paid for in going in."""
    named = tuple(OutFile(f"{number}.bin", HASH, each, 0) for number, each in enumerate(files))
    held = OutObject(keys.out("r", 1, HASH), HASH, size or 1, tar=size is not None)
    manifest = RunManifestOut("r", 1, "2026-01-01T00:00:00Z", (held,), named)

    with pytest.raises(DocumentError, match=message):
        check_manifest(manifest, "r", "manifest.json", bytes_at_most=1 << 40)


@pytest.mark.parametrize("kind", ["holes", "gzip"])
def test_an_archive_that_would_grow_is_refused(ended, kind):
    """A file with holes of a gigabyte in a tar of one block, and a tar that is compressed although ours never are."""
    intent = CloudRecords(ended.root).chosen(None)
    size = 1 << 30
    member = tarfile.TarInfo("curves/0.csv")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz" if kind == "gzip" else "w", format=tarfile.PAX_FORMAT) as tar:
        if kind == "holes":
            said = {"GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.name": member.name}
            member.pax_headers = {**said, "GNU.sparse.map": f"{size},0", "GNU.sparse.size": str(size)}
            tar.addfile(member)
        else:
            member.size = 64 << 20
            tar.addfile(member, io.BytesIO(bytes(member.size)))
    data = packed.getvalue()
    sha256 = hashlib.sha256(data).hexdigest()
    (ended.storage.root / keys.out(intent.run_id, 1, sha256)).write_bytes(data)

    def change(document):
        file = next(each for each in document["files"] if each["path"] == "curves/0.csv")
        file.update(size=len(data))
        document["objects"][file["object"]].update(
            key=keys.out(intent.run_id, 1, sha256), sha256=sha256, size=len(data)
        )
        document["files"] = [file]

    rewritten(ended, change)
    before = around(ended)
    with pytest.raises(DocumentError, match=r"its archive (holds something else|cannot be read)"):
        ended.pull()
    assert around(ended) == before


def test_a_document_that_would_fill_the_memory_is_not_read(ended):
    intent = CloudRecords(ended.root).chosen(None)
    with open(ended.storage.root / keys.manifest(intent.run_id), "ab") as file:
        file.truncate(READ_BYTES + 1)

    with pytest.raises(StorageError, match=rf"manifest.json has {READ_BYTES + 1} bytes, .*: it is not read"):
        ended.pull()


def test_large_files_that_are_equal_come_as_one_object_and_are_two(new_lab):
    out = f"import pathlib\nout = pathlib.Path('{samples.RESULTS}')\n"
    lab = new_lab(out + "for name in ('a.bin', 'b.bin'):\n    (out / name).write_bytes(bytes(3 << 20))\n")
    lab.run()
    lab.pull()
    (lab.results / "a.bin").write_bytes(b"")

    assert (lab.results / "b.bin").read_bytes() == bytes(3 << 20)


def test_objects_of_another_run_are_not_asked_for():
    manifest = RunManifestOut("r", 1, "2026-01-01T00:00:00Z", (OutObject(keys.out("other", 1, HASH), HASH, 1),), ())

    with pytest.raises(DocumentError, match="which is not where this run's outputs are"):
        check_manifest(manifest, "r", "manifest.json", bytes_at_most=1000)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE])
def test_an_archive_that_holds_no_plain_file_is_refused(ended, kind):
    intent = CloudRecords(ended.root).chosen(None)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name in ("curves/0.csv", "../outside", "/tmp/outside"):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            tar.addfile(member)
    data = packed.getvalue()
    sha256 = hashlib.sha256(data).hexdigest()
    (ended.storage.root / keys.out(intent.run_id, 1, sha256)).write_bytes(data)

    def change(document):
        number = document["files"][0]["object"]
        document["objects"][number].update(key=keys.out(intent.run_id, 1, sha256), sha256=sha256, size=len(data))

    rewritten(ended, change)
    before = around(ended)
    with pytest.raises(DocumentError, match=r"curves/0.csv: checksum mismatch: its archive holds something else"):
        ended.pull()
    assert around(ended) == before


def test_a_link_in_the_target_is_not_followed(ended, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    ended.results.mkdir(parents=True, exist_ok=True)
    (ended.results / "curves").symlink_to(outside)
    with pytest.raises(DocumentError, match="is here already"):
        ended.pull()
    (ended.results / "curves").unlink()
    ended.results.rmdir()
    ended.results.symlink_to(outside)
    with pytest.raises(UsageError, match="is a symbolic link"):
        ended.pull()

    assert list(outside.iterdir()) == []


def test_without_a_result_there_is_nothing_to_pull(lab):
    with pytest.raises(UsageError, match="no run in the cloud is known"):
        lab.pull()
    intent = lab.submit()
    if lab.look().standing.exit_code is None:
        with pytest.raises(UsageError, match="has no result yet"):
            lab.pull()
    lab.engine.wait(intent.run_id)


def test_a_document_that_is_none_is_told_by_its_key(ended):
    intent = CloudRecords(ended.root).chosen(None)
    (ended.storage.root / keys.result(intent.run_id)).write_text('{"run_id": 3}')

    with pytest.raises(DocumentError, match=rf"{keys.result(intent.run_id)}:1: .*run_id"):
        ended.pull()


def test_results_on_another_disk_are_put_there(ended, tmp_path):
    disk = tmp_path / "disk"
    (ended.root / "results").rename(disk)
    (ended.root / "results").symlink_to(disk)
    ended.pull()

    assert (disk / ended.results.name / "seen.json").exists()
    assert os.path.islink(ended.root / "results")


@pytest.mark.parametrize("pieces", [12, pytest.param(75, marks=pytest.mark.long)])
def test_output_that_is_larger_than_the_memory_comes_a_piece_at_a_time(ended, pieces):
    """Pieces of 4 MiB, as a runner writes them: one endless line of zeros, and a number behind it."""
    intent = CloudRecords(ended.root).chosen(None)
    for number in range(100, 100 + pieces):
        with open(ended.storage.root / keys.log(intent.run_id, 1, number, "out"), "wb") as file:
            file.truncate(4 << 20)
    last = b'\n{"note": "this came last"}\n'
    (ended.storage.root / keys.log(intent.run_id, 1, 999, "out")).write_bytes(last)
    tracemalloc.start()
    try:
        pulled = ended.pull()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    (log,) = (ended.root / ExperimentPaths(samples.SPEC).logs).glob(f"{intent.run_id}.log")

    assert peak < 24 << 20
    assert log.stat().st_size > pieces * (4 << 20)
    assert log.read_bytes().endswith(last)
    assert pulled.merged.end == "finished"
    assert [entry["text"] for entry in state_of(ended.root).notes][-1] == "this came last"


EFFECTS = (
    (fetching, "_write"),
    (placing, "_carry_over"),
    (placing, "_rename"),
    (placing, "_remove"),
    (CloudRecords, "save"),
    (JournalFile, "append"),
)


@pytest.mark.parametrize(("when", "step"), [("after", 3), pytest.param("before", 1, marks=pytest.mark.long)])
def test_a_pull_that_is_killed_anywhere_is_gone_on_with(ended, when, step):
    """The numbers are on record once, and what was here stays. Killed while they are recorded, the attempt that was
    begun is ended as interrupted, and another one has them."""
    ended.results.mkdir(parents=True, exist_ok=True)
    (ended.results / "notes.txt").write_text("mine")
    place = 1
    while killed_at(ended.pull, EFFECTS, place, when):
        place += step
    ended.pull()

    assert place > 10
    assert tree(ended.results).keys() - {"metrics.json", "config.json"} == {
        "curves/0.csv",
        "curves/1.csv",
        "curves/2.csv",
        "large.bin",
        "notes.txt",
        "seen.json",
    }
    assert [row["loss"] for row in metrics(ended.root)["per_seed"]] == [0.3, 0.31, 0.32]
    assert [path.name for path in ended.results.parent.iterdir()] == [ended.results.name]
    assert state_of(ended.root).end == "finished"


def test_a_pulled_run_is_judged_as_a_local_one(ended):
    ended.pull()
    init(ended.root)
    words = [sys.executable, "-m", "autolab_verifiers", "--spec", samples.SPEC, "--no-write"]
    judged = subprocess.run(words, cwd=ended.root, capture_output=True, check=False, text=True)

    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert " 0 fail, 0 error" in judged.stdout
