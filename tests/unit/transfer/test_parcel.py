"""One hash over a tree, the first difference of two, and links that stay inside."""

from __future__ import annotations

import hashlib

import pytest

from autolab_core.transfer.base import TransferError
from autolab_core.transfer.sending.far import repository_name
from autolab_core.transfer.sending.parcel import (
    EXECUTABLE,
    FILE,
    OutgoingFile,
    Parcel,
    check_links,
    first_difference,
    tree_sha256,
)


def file(text="x", mode=FILE):
    return OutgoingFile(mode, len(text), hashlib.sha256(text.encode()).hexdigest())


def test_the_hash_is_over_sorted_paths_modes_and_contents():
    files = {"b": file("2"), "a": file("1", EXECUTABLE)}
    lines = b"".join(
        b"%s\0%s\0%s\n" % (path, mode, hashlib.sha256(text).hexdigest().encode())
        for path, mode, text in ((b"a", b"100755", b"1"), (b"b", b"100644", b"2"))
    )
    assert tree_sha256(files) == hashlib.sha256(lines).hexdigest()
    assert Parcel("/", dict(reversed(files.items()))).tree_sha256 == tree_sha256(files)
    assert Parcel("/", files).bytes == 2


@pytest.mark.parametrize(
    "other", [{"a": file("2")}, {"a": file("1", EXECUTABLE)}, {"A": file("1")}, {}, {"a\n": file("1")}]
)
def test_any_difference_is_another_hash_and_is_named(other):
    one = {"a": file("1")}
    assert tree_sha256(other) != tree_sha256(one)
    assert first_difference(one, other) is not None
    assert first_difference(one, dict(one)) is None


def test_the_first_difference_is_that_of_the_first_path():
    assert first_difference({"a": file(), "b": file()}, {"b": file("y"), "c": file()}) == "a is not there"
    assert first_difference({"a": file()}, {"a": file("x", "p")}) == "a is a special file there, and a plain file here"


@pytest.mark.parametrize(
    "links",
    [
        {"l": "a"},
        {"d/l": "../a"},
        {"d/l": "./x/../../a"},
        {"l": "d", "d2": "l/.."},
        {"l": "."},
        {"a": "b", "b": "c", "c": "file"},
        {"d/l": ".."},
    ],
)
def test_links_that_stay_inside(links):
    check_links(links)


@pytest.mark.parametrize(
    ("links", "name", "why"),
    [
        ({"l": "/etc/passwd"}, "l", "an absolute path"),
        ({"l": ".."}, "l", "out of the tree"),
        ({"d/l": "../../x"}, "d/l", "out of the tree"),
        ({"d/up": "..", "e": "d/up/.."}, "e", "out of the tree"),
        ({"a": "d/abs/x", "d/abs": "/tmp"}, "a", "an absolute path"),
        ({"a": "b", "b": "a"}, "a", "round in a circle"),
        ({"l": "l"}, "l", "round in a circle"),
    ],
)
def test_links_that_do_not(links, name, why):
    with pytest.raises(
        TransferError, match=f"^{name} is a symbolic link that leads {'' if why[0] == 'r' else '.*'}{why}"
    ):
        check_links(links)


def test_a_repositorys_folder_has_a_plain_name_and_a_hash():
    assert repository_name("/home/ada/my project").startswith("my_project-")
    assert repository_name("/home/ada/x") != repository_name("/home/bob/x")
    assert repository_name("/a/...").startswith("repository-")
    assert len(repository_name("/" + "ü" * 200)) < 80
