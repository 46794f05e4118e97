"""Trees over a real ssh: what is on the far side is what is here, byte for byte, or nothing is started there."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

import attrs
import pytest

from autolab_core.models.resources import Memory
from autolab_core.transfer.base import TransferError
from autolab_core.transfer.sending import pack, send
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.transfers import TransferFault
from tests.remote.repositories import NOW, Sender, files_of, git

METHODS = ["git", "rsync"]
ODD = [
    b"new\nline",
    b'quo"te',
    b"it's",
    b"back\\slash",
    b"\xff\xfe",
    b"tab\t",
    b"\xc3\xbc",
    b" lead",
    b"-dash",
    b"$(id)",
]


@pytest.fixture
def sender(ssh_runner, tmp_path: Path) -> Sender:
    return Sender(tmp_path / "it's mine", tmp_path / "far side", ssh_runner)


def tree_of(record) -> Path:
    return Path(record.work_tree)


def without_git(files: dict[bytes, bytes]) -> dict[bytes, bytes]:
    return {path: content for path, content in files.items() if not path.startswith(b".git/")}


@pytest.mark.parametrize("method", METHODS)
def test_the_far_tree_is_the_commit(sender, method):
    told = []
    record = sender.send(method=method, progress=lambda *numbers: told.append(numbers))

    tree = tree_of(record)
    here = without_git(files_of(sender.root))
    assert files_of(tree) == here
    assert os.access(tree / "run.sh", os.X_OK)
    assert not os.access(tree / "train.py", os.X_OK)
    assert (record.commit, record.patch_sha256) == (git(sender.root, "rev-parse", "HEAD").strip(), None)
    assert (record.files, record.bytes) == (3, sum(map(len, here.values())))
    assert (record.profile, record.method, record.sent_at) == ("far", method, "2026-02-01T12:00:00Z")
    assert abs(record.clock_offset_seconds) < 30
    steps = [(0, 0), (0, record.bytes), (3, record.bytes), (3, record.bytes)]
    assert [numbers[:2] for numbers in told] == (steps if method == "git" else [steps[0], *steps[2:]])
    assert {numbers[2:] for numbers in told} == {(3, record.bytes)}


def test_both_ways_give_the_same_hash_and_another_byte_gives_another_one(sender):
    one, other = sender.send("a"), sender.send("b", method="rsync")
    assert one.tree_sha256 == other.tree_sha256
    (sender.root / "data" / "rows.csv").write_bytes(b"1,3\r\n" * 100)
    assert sender.send("c", method="rsync", dirty="patch").tree_sha256 != one.tree_sha256


@pytest.mark.parametrize("method", METHODS)
def test_odd_names_and_links_arrive_as_they_are(sender, method):
    top = os.fsencode(sender.root)
    for name in ODD:
        with open(os.path.join(top, name), "wb") as file:
            file.write(name)
    (sender.root / "link").symlink_to("data/rows.csv")
    (sender.root / "data" / "up").symlink_to("../train.py")
    (sender.root / "folder").symlink_to("data")
    sender.commit()

    record = sender.send(method=method)

    assert files_of(tree_of(record)) == without_git(files_of(sender.root))


def test_bytes_are_sent_whatever_attributes_say(sender):
    (sender.root / ".gitattributes").write_text("*.csv text eol=lf\n*.py ident\n")
    (sender.root / "train.py").write_text("# $Id$\n")
    sender.commit()
    record = sender.send(dirty="patch")
    assert files_of(tree_of(record)) == without_git(files_of(sender.root))


@pytest.mark.parametrize("method", METHODS)
def test_a_changed_tree_is_refused_or_goes_along_as_a_patch(sender, method, tmp_path):
    (sender.root / "train.py").write_text("print('two')\n")
    (sender.root / "data" / "rows.csv").unlink()
    (sender.root / "data" / "new.bin").write_bytes(bytes(range(256)))
    (sender.root / "notes.txt").write_text("not sent\n")
    with pytest.raises(UsageError, match=r"data/rows.csv, train.py.*commit first, or set `push.dirty: patch`"):
        sender.send(method=method)

    patch = tmp_path / "push.patch"
    record = sender.send(method=method, dirty="patch", include=("data/*.bin",), patch=patch)

    there = files_of(tree_of(record))
    assert there.keys() == {b"train.py", b"run.sh", b"data/new.bin"}
    assert there[b"train.py"] == b"print('two')\n"
    assert record.commit == git(sender.root, "rev-parse", "HEAD").strip()
    assert hashlib.sha256(patch.read_bytes()).hexdigest() == record.patch_sha256
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(sender.root), str(clone))
    git(clone, "apply", str(patch))
    assert without_git(files_of(clone)) == there


def test_sending_leaves_the_repository_as_it_was(sender):
    (sender.root / "train.py").write_text("print('two')\n")
    before = files_of(sender.root)
    sender.send(dirty="patch")
    assert files_of(sender.root) == before


def test_what_the_run_itself_needs_goes_along_and_is_in_no_patch(sender):
    (sender.root / "tracked").write_text("as committed\n")
    sender.commit()
    (sender.root / "tracked").write_text("as the launch writes it\n")
    script = sender.root / "runs" / "r1" / "run_slurm.sbatch"
    script.parent.mkdir(parents=True)
    script.write_text("#!/bin/bash\n")
    record = sender.send(also=("runs/r1/run_slurm.sbatch", "tracked"), apart_from=("tracked",))
    assert (tree_of(record) / "tracked").read_text() == "as the launch writes it\n"
    assert (tree_of(record) / "runs" / "r1" / "run_slurm.sbatch").read_text() == "#!/bin/bash\n"
    assert record.patch_sha256 is None
    assert record.files == 5


def test_records_that_we_rewrite_are_no_change_and_go_as_committed(sender):
    (sender.root / ".autolab").mkdir()
    state = sender.root / ".autolab" / "state.json"
    state.write_text("{}\n")
    (sender.root / "own").write_text("1\n")
    sender.commit()
    state.write_text('{"a": 1}\n')
    (sender.root / "own").unlink()
    record = sender.send(apart_from=("own",))
    assert (tree_of(record) / ".autolab" / "state.json").read_text() == "{}\n"
    assert (tree_of(record) / "own").read_text() == "1\n"


@pytest.mark.parametrize("method", METHODS)
def test_rules_leave_files_out_and_caps_name_the_file(sender, method):
    (sender.root / "big.ckpt").write_bytes(b"x" * 3000)
    sender.commit()
    record = sender.send("a", method=method, exclude=("*.ckpt",))
    assert (record.files, record.patch_sha256) == (3, None)
    with pytest.raises(TransferError, match=r"big\.ckpt has 3\.0 kB, more than max_file \(2K\)") as caught:
        sender.send("b", method=method, max_file=Memory.parse("2K"))
    assert caught.value.kind is TransferFault.LIMITS
    with pytest.raises(TransferError, match=r"4 files have .* big\.ckpt alone .* max_total \(3K\)"):
        sender.send("c", method=method, max_total=Memory.parse("3K"))


@pytest.mark.parametrize("target", ["/etc/passwd", "../outside", "data/../../outside", "folder/../../x", "loop"])
def test_a_link_out_of_the_tree_is_refused_by_name(sender, target):
    (sender.root / "folder").symlink_to("data")
    (sender.root / "loop").symlink_to("loop")
    (sender.root / "bad").symlink_to(target)
    sender.commit()
    exclude = () if target == "loop" else ("loop",)
    with pytest.raises(TransferError, match=r"(bad|loop) is a symbolic link that leads") as caught:
        sender.send(exclude=exclude)
    assert caught.value.kind is TransferFault.NAMES
    assert sender.send(exclude=("bad", "loop")).files == 4


def test_a_special_file_is_refused_by_name(ssh_runner, tmp_path):
    sender = Sender(tmp_path / "plain", tmp_path / "far", ssh_runner, commit=False)
    os.mkfifo(sender.root / "data" / "pipe")
    with pytest.raises(TransferError, match=r"data/pipe .*cannot be sent"):
        sender.send(method="rsync")
    assert sender.send(method="rsync", exclude=("pipe",)).files == 3


def test_a_folder_without_git_is_sent_by_rsync_alone(ssh_runner, tmp_path):
    sender = Sender(tmp_path / "plain", tmp_path / "far", ssh_runner, commit=False)
    with pytest.raises(UsageError, match=r"no commit to push.*push\.method: rsync"):
        sender.send()
    record = sender.send(method="rsync")
    assert files_of(tree_of(record)) == files_of(sender.root)
    assert (record.commit, record.patch_sha256) == (None, None)


def test_a_repository_below_gits_top_level_is_a_tree_of_its_own(ssh_runner, tmp_path):
    outer = Sender(tmp_path / "outer", tmp_path / "far", ssh_runner)
    inner = outer.root / "inner"
    inner.mkdir()
    (inner / "a.py").write_text("1\n")
    outer.commit()
    outer.root = inner
    record = outer.send()
    assert files_of(tree_of(record)) == {b"a.py": b"1\n"}
    assert record.patch_sha256 is None


def test_a_submodule_with_files_is_refused_by_name(sender, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "--quiet")
    git(other, "commit", "--quiet", "--allow-empty", "--message", "x")
    git(sender.root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other), "lib")
    sender.commit()
    with pytest.raises(TransferError, match="lib is a submodule"):
        sender.send()
    assert sender.send(exclude=("lib",)).files == 4


@pytest.mark.parametrize("method", METHODS)
def test_sending_again_finds_the_tree_and_what_a_job_left_there(sender, method):
    tree = tree_of(sender.send(method=method))
    (tree / "output.txt").write_text("from a job\n")
    inode = (tree / "train.py").stat().st_ino

    assert tree_of(sender.send(method=method)) == tree

    assert (tree / "train.py").stat().st_ino == inode
    assert (tree / "output.txt").exists()


@pytest.mark.parametrize("method", METHODS)
def test_another_tree_of_the_same_run_replaces_the_first_which_is_kept(sender, method):
    first = sender.send(method=method)
    (sender.root / "train.py").write_text("print('two')\n")
    second = sender.send(method=method, dirty="patch")
    tree = tree_of(second)
    assert (tree / "train.py").read_text() == "print('two')\n"
    (kept,) = tree.parent.glob(f"tree.{first.tree_sha256}.*")
    assert (kept / "train.py").read_text() == "print('one')\n"


def test_a_far_tree_that_somebody_edited_is_not_taken_for_ours(sender):
    tree = tree_of(sender.send())
    (tree / "train.py").write_text("print('evil')\n")
    assert (tree_of(sender.send()) / "train.py").read_text() == "print('one')\n"


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("harm", ["byte", "mode", "gone", "more", "link"])
def test_a_tree_that_is_not_what_was_sent_is_never_adopted(sender, method, harm, monkeypatch):
    """The far side is harmed between the copy and the proof."""

    def harmed(far, parcel):
        tree = Path(far.path)
        {
            "byte": lambda: (tree / "data" / "rows.csv").write_bytes(b"1,2\r\n" * 99 + b"1,3\r\n"),
            "mode": lambda: (tree / "run.sh").chmod(0o644),
            "gone": (tree / "train.py").unlink,
            "more": lambda: (tree / "more.py").write_text("import os\n"),
            "link": lambda: ((tree / "train.py").unlink(), (tree / "train.py").symlink_to("run.sh")),
        }[harm]()
        real(far, parcel)

    module = import_module("autolab_core.transfer.sending.send")
    real = module.require_equal
    monkeypatch.setattr(module, "require_equal", harmed)
    words = {
        "byte": "data/rows.csv has another content there",
        "mode": "run.sh is a plain file there, and an executable file here",
        "gone": "train.py is not there",
        "more": "more.py is there, and was not sent",
        "link": "train.py is a symbolic link there, and a plain file here",
    }[harm]
    with pytest.raises(TransferError, match=words) as caught:
        sender.send(method=method)
    assert caught.value.kind is TransferFault.CHANGED
    assert list(sender.far.glob("*/runs/r1/tree")) == []


def test_runs_do_not_meet(sender):
    with ThreadPoolExecutor(4) as pool:
        records = list(pool.map(lambda number: sender.send(f"r.{number}..lock.lock"), range(4)))
    assert len({record.work_tree for record in records}) == 4
    for record in records:
        assert files_of(tree_of(record)) == without_git(files_of(sender.root))


def test_a_second_push_sends_what_is_new(sender):
    (sender.root / "large.bin").write_bytes(os.urandom(300_000))
    sender.commit()
    first = tree_of(sender.send("a"))
    (sender.root / "train.py").write_text("print('two')\n")
    sender.send("b", dirty="patch")
    bare = first.parents[2] / "repo.git"
    packed = sum(path.stat().st_size for path in (bare / "objects").rglob("*") if path.is_file())
    assert packed < 400_000


def test_no_hook_and_no_filter_of_either_side_runs(sender, tmp_path):
    mark = tmp_path / "ran"
    for hook in ("pre-push", "post-checkout", "reference-transaction"):
        path = sender.root / ".git" / "hooks" / hook
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\ntouch '{mark}'\n")
        path.chmod(0o755)
    (sender.root / ".gitattributes").write_text("*.py filter=evil\n")
    sender.commit()
    git(sender.root, "config", "filter.evil.clean", f"touch '{mark}'; cat")
    git(sender.root, "config", "filter.evil.smudge", f"touch '{mark}'; cat")
    mark.unlink()  # the commit's own
    sender.send("a")
    bare = next(sender.far.glob("*/repo.git"))
    for hook in ("pre-receive", "update", "post-receive", "post-update", "reference-transaction"):
        path = bare / "hooks" / hook
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\ntouch '{mark}'\nexit 1\n")
        path.chmod(0o755)
    (sender.root / "train.py").write_text("print('two')\n")
    sender.send("b", dirty="patch")
    assert not mark.exists()


def test_a_shallow_clone_and_a_sha256_repository_can_be_sent(sender, ssh_runner, tmp_path):
    (sender.root / "train.py").write_text("print('two')\n")
    sender.commit()
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{sender.root}", str(shallow))
    sender.root = shallow
    assert sender.send("a").files == 3
    other = Sender(tmp_path / "long", tmp_path / "far2", ssh_runner, commit=False)
    git(other.root, "init", "--quiet", "--object-format=sha256")
    other.commit()
    assert other.send().files == 3


def test_a_home_folder_or_the_root_is_no_root(sender, ssh_host):
    for root in (str(ssh_host.home), "/.", "/"):
        sender.far = Path(root)
        with pytest.raises((TransferError, ValueError), match=r"is the home folder or /|is refused"):
            sender.send()


def test_a_root_below_the_home_folder(sender, ssh_host):
    shipment = sender.shipment()
    shipment = attrs.evolve(shipment, profile=attrs.evolve(shipment.profile, root="~/below/it's"))
    record = send(shipment, sender.runner, now=lambda: NOW)
    assert record.work_tree.startswith(f"{ssh_host.home}/below/it's/")
    assert record.root == "~/below/it's"


def test_what_would_be_sent_is_known_without_asking_anybody(sender):
    parcel = pack(sender.shipment())
    assert sorted(parcel.files) == ["data/rows.csv", "run.sh", "train.py"]
    assert parcel.bytes == sum(each.bytes for each in parcel.files.values())
