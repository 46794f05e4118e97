"""The checksum list is the one of ``sha256sum``: ours is checked by it, and its own is read by us."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from autolab_core.io.checksums import Entry, parse, render
from autolab_core.vocab.errors import DocumentError

ONE, TWO = "1" * 64, "a" * 64
SHOWN = "runs/r1/artifacts.sha256"
AWKWARD = (
    "plain",
    "outputs/a b.json",
    "outputs/a\tb",
    "outputs/ leading",
    "*starred",
    "#hash",
    "-dash",
    "~home",
    "{{run_id}}",
    "back\\slash",
    "two\\\\slashes",
    "ends in \\",
    "slash n\\n",
    "new\nline",
    "\n",
    "carriage\rreturn",
    "all\\\n\r\\n\\r",
    "ümläut/日本",
    os.fsdecode(b"outputs/\xff\xfe\\\n"),
)
# Any bytes that a file system takes for a name.
parts = st.binary(min_size=1, max_size=12).filter(
    lambda part: not set(part) & set(b"/\0") and part not in (b".", b"..")
)
names = st.lists(parts, min_size=1, max_size=3).map(lambda found: os.fsdecode(b"/".join(found)))
hashes = st.binary(min_size=32, max_size=32).map(bytes.hex)


def sha256sum(folder: Path, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["sha256sum", *arguments], cwd=folder, input=stdin, capture_output=True, check=False)


def filled(folder: Path, wanted: tuple[str, ...]) -> list[Entry]:
    """The files *wanted*, each with a content of its own, and their entries."""
    entries = []
    for name in wanted:
        content = os.fsencode(f"this is {name}")
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        entries.append(Entry(name, hashlib.sha256(content).hexdigest()))
    return entries


def test_our_list_is_accepted_by_sha256sum(tmp_path):
    folder = tmp_path / "run"
    (tmp_path / "list").write_bytes(render(filled(folder, AWKWARD)))

    answer = sha256sum(folder, "--check", "--strict", "--quiet", "../list")

    assert (answer.returncode, answer.stdout, answer.stderr) == (0, b"", b"")


def test_our_list_is_refused_by_sha256sum_when_a_file_was_changed(tmp_path):
    source = render(filled(tmp_path, AWKWARD))
    (tmp_path / "back\\slash").write_bytes(b"something else")

    assert sha256sum(tmp_path, "--check", "--strict", "--status", "-", stdin=source).returncode == 1


@pytest.mark.parametrize("mode", ["--text", "--binary"])
def test_the_list_of_sha256sum_is_read(tmp_path, mode):
    entries = filled(tmp_path, AWKWARD)

    answer = sha256sum(tmp_path, mode, "--", *AWKWARD)

    assert answer.returncode == 0
    assert list(parse(answer.stdout, SHOWN)) == entries


def test_the_list_of_sha256sum_is_the_same_bytes_as_ours(tmp_path):
    entries = filled(tmp_path, AWKWARD)

    answer = sha256sum(tmp_path, "--", *sorted(AWKWARD, key=os.fsencode))

    assert answer.stdout == render(entries)


def test_the_list_of_find_and_sha256sum_is_read(tmp_path):
    entries = filled(tmp_path, AWKWARD)

    answer = subprocess.run(
        ["find", ".", "-type", "f", "-exec", "sha256sum", "{}", "+"], cwd=tmp_path, capture_output=True, check=True
    )

    assert set(parse(answer.stdout, SHOWN)) == set(entries)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(names, hashes, min_size=1, max_size=6))
@example(dict.fromkeys(AWKWARD, ONE))
def test_what_is_rendered_is_read_again_in_the_order_of_its_bytes(files):
    entries = [Entry(name, sha256) for name, sha256 in files.items()]

    source = render(entries)

    assert list(parse(source, SHOWN)) == sorted(entries, key=lambda entry: os.fsencode(entry.name))
    assert source.count(b"\n") == len(files)
    assert b"\r" not in source


@given(st.binary(max_size=200) | st.builds(lambda a, b: ONE.encode() + b"  " + a + b"\n" + b, st.binary(), st.binary()))
def test_any_bytes_are_a_list_of_safe_names_or_refused(source):
    refused, entries = None, ()
    try:
        entries = parse(source, SHOWN)
    except DocumentError as error:
        refused = error

    if refused is not None:
        assert (refused.path, len(str(refused).splitlines())) == (SHOWN, 1)
        return
    assert sorted(entries) == sorted(parse(render(entries), SHOWN))
    assert [name for name, _ in entries if name.startswith("/") or ".." in name.split("/")] == []


@pytest.mark.parametrize(
    ("source", "line", "said"),
    [
        (b"", None, "is empty"),
        (b"\n", 1, "64 hex digits"),
        (b"%s  a\n\n", 2, "64 hex digits"),
        (b"%s  a", 1, "ends in the middle of a line"),
        (b"%s  a\n%s  b", 2, "ends in the middle of a line"),
        (b"%s a\n", 1, "64 hex digits"),
        (b"%s\ta\n", 1, "64 hex digits"),
        (b"x%s  a\n", 1, "64 hex digits"),
        (b"%s0  a\n", 1, "64 hex digits"),
        (b"# made by hand\n%s  a\n", 1, "64 hex digits"),
        (b"SHA256 (a) = %s\n", 1, "64 hex digits"),
        (b"%s  \n", 1, "is empty"),
        (b"%s  a\n%s  ../b\n", 2, "may lead out of the folder"),
        (b"%s  a/../b\n", 1, "may lead out of the folder"),
        (b"%s  ..\n", 1, "may lead out of the folder"),
        (b"%s  /etc/passwd\n", 1, "is absolute"),
        (b"%s  .//etc/passwd\n", 1, "is absolute"),
        (b"%s  a//b\n", 1, "is not a plain path"),
        (b"%s  a/./b\n", 1, "is not a plain path"),
        (b"%s  a/\n", 1, "is not a plain path"),
        (b"%s  .\n", 1, "is not a plain path"),
        (b"%s  ./\n", 1, "is empty"),
        (b"%s  a\x00b\n", 1, "holds a NUL"),
        (b"%s  a\r\n", 1, "carriage return"),
        (b"\\%s  a\\\n", 1, "followed by none of"),
        (b"\\%s  a\\t\n", 1, "followed by none of"),
        (b"\\%s  a\\\\\\\n", 1, "followed by none of"),
        (b"\\%s  ..\\n/a\n\\%s  a/..\n", 2, "may lead out of the folder"),
    ],
)
def test_what_is_no_list_is_refused_with_its_line(source, line, said):
    with pytest.raises(DocumentError, match=said) as caught:
        parse(source.replace(b"%s", ONE.encode()), SHOWN)

    assert (caught.value.path, caught.value.line) == (SHOWN, line)
    assert caught.value.hint


def test_a_name_that_is_there_twice_must_have_one_hash():
    assert parse(f"{ONE}  a\n{ONE} *./a\n".encode(), SHOWN) == (Entry("a", ONE),)
    with pytest.raises(DocumentError, match='names "a" twice') as caught:
        parse(f"{ONE}  a\n{TWO}  a\n".encode(), SHOWN)
    assert caught.value.line == 2


def test_hashes_are_read_in_either_case():
    assert parse(f"{TWO.upper()}  a\n".encode(), SHOWN) == (Entry("a", TWO),)


def test_a_backslash_stands_for_itself_where_the_line_does_not_begin_with_one():
    assert parse(f"{ONE}  a\\n\n".encode(), SHOWN) == (Entry("a\\n", ONE),)


@pytest.mark.parametrize("name", ["", "/a", "../a", "a/../b", "a//b", "./a", ".", "a/", "a\0"])
def test_a_name_that_would_be_refused_is_not_written(name):
    with pytest.raises(ValueError, match=r"is|may lead|holds"):
        render([Entry(name, ONE)])


def test_a_name_is_not_written_twice():
    with pytest.raises(ValueError, match="twice"):
        render([Entry("a", ONE), Entry("a", ONE)])
