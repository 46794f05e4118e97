"""A stamp changes with the file, and one that is too young is not relied on."""

from __future__ import annotations

import os

import pytest

from autolab_core.io.stamps import REST_NS, at_rest, stamp


def test_the_same_file_has_the_same_stamp(tmp_path):
    path = tmp_path / "a"
    path.write_text("one")

    assert stamp(str(path)) == stamp(str(path))


def replaced(path):
    other = path.with_name("b")
    other.write_text("two")
    os.utime(other, ns=(os.stat(path).st_atime_ns, os.stat(path).st_mtime_ns))
    os.replace(other, path)


def changed_in_place(path):
    path.write_text("two")
    os.utime(path, ns=(0, 0))


@pytest.mark.parametrize("change", [replaced, changed_in_place, lambda path: path.write_text("longer")])
def test_a_file_that_was_replaced_or_changed_has_another(tmp_path, change):
    path = tmp_path / "a"
    path.write_text("one")
    before = stamp(str(path))

    change(path)

    assert stamp(str(path)) != before


def test_the_stamp_of_a_link_is_that_of_what_it_leads_to(tmp_path):
    (tmp_path / "a").write_text("one")
    (tmp_path / "link").symlink_to("a")

    assert stamp(str(tmp_path / "link")) == stamp(str(tmp_path / "a"))


@pytest.mark.parametrize("name", ["missing", "missing/below", "nul\0", "dangling"])
def test_nothing_has_no_stamp(tmp_path, name):
    (tmp_path / "dangling").symlink_to("nowhere")

    assert stamp(str(tmp_path / name)) is None


def test_a_stamp_is_relied_on_once_the_file_has_rested(tmp_path):
    (tmp_path / "a").write_text("one")
    found = stamp(str(tmp_path / "a"))
    changed = os.stat(tmp_path / "a").st_ctime_ns

    assert not at_rest(found, changed)
    assert not at_rest(found, changed + REST_NS)
    assert at_rest(found, changed + REST_NS + 1)
    assert not at_rest(found, changed - 10**12)
