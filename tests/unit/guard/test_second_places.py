"""What mountinfo says, and what follows from it; real mounts are in the integration tests."""

from __future__ import annotations

import os

import pytest

from autolab_core.guard import second_places as module
from autolab_core.guard.second_places import Mounted, mounted, mounted_again, second_places

SOURCE = r"""22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
41 27 254:0 /srv/a\040b\134c /mnt/with\011tab rw,relatime - ext4 /dev/vda rw
"""


def test_names_are_read_as_they_are():
    assert mounted(SOURCE) == (
        Mounted(22, "0:21", "/", "/proc"),
        Mounted(27, "254:0", "/", "/"),
        Mounted(41, "254:0", "/srv/a b\\c", "/mnt/with\ttab"),
    )


@pytest.fixture
def seconds_of(monkeypatch):
    """Ask of a machine that has these mounts, where each path lies in the longest one that holds it."""

    def ask(path: str, *rows: Mounted) -> tuple[str, ...]:
        def mount_of(path: str) -> int:
            return max((len(e.point), e.number) for e in rows if f"{path}/".startswith(f"{e.point.rstrip('/')}/"))[1]

        monkeypatch.setattr(module, "_mount_of", mount_of)
        return second_places(path, rows)

    return ask


ROOT = Mounted(1, "8:1", "/", "/")


@pytest.mark.parametrize(
    ("other", "seconds"),
    [
        (Mounted(2, "8:1", "/usr", "/mnt/usr"), ("/mnt/usr/bin",)),
        (Mounted(2, "8:1", "/usr/bin", "/mnt/bin"), ("/mnt/bin",)),
        (Mounted(2, "8:1", "/", "/mnt/all"), ("/mnt/all/usr/bin",)),
        (Mounted(2, "8:1", "/usr/bin/deeper", "/mnt/part"), ("/mnt/part",)),
        (Mounted(2, "8:1", "/usr/bin/deeper", "/usr/bin/deeper"), ()),
        (Mounted(2, "8:1", "/usr/bin/deeper", "/usr/bin/other"), ("/usr/bin/other",)),
        (Mounted(2, "8:1", "/usr/binaries", "/mnt/other"), ()),
        (Mounted(2, "8:2", "/usr", "/mnt/usr"), ()),
    ],
)
def test_a_second_mount_of_the_same_files_is_a_second_place(seconds_of, other, seconds):
    assert seconds_of("/usr/bin", ROOT, other) == seconds


def test_a_mount_that_another_one_hides_shows_nothing(seconds_of):
    hidden = Mounted(2, "8:1", "/usr", "/mnt/usr")

    assert seconds_of("/usr/bin", ROOT, hidden, Mounted(3, "8:2", "/", "/mnt/usr")) == ()


def test_what_does_not_exist_would_appear_in_both(seconds_of):
    assert seconds_of("/usr/bin/never/there", ROOT, Mounted(2, "8:1", "/usr", "/mnt/usr")) == (
        "/mnt/usr/bin/never/there",
    )


def test_this_machine_can_be_asked():
    here = os.path.realpath("/usr/bin")

    assert here not in second_places(here, mounted_again())


def test_only_a_newline_ends_a_line():
    assert [each.point for each in mounted("1 0 8:1 / /a\x0cb\u2028c rw - ext4 x rw\n")] == ["/a\x0cb\u2028c"]
