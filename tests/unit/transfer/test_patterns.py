"""The patterns of profiles mean what git takes them to mean."""

from __future__ import annotations

import os
import subprocess

import pytest

from autolab_core.models.remote import SyncRules
from autolab_core.models.resources import Memory
from autolab_core.transfer.base import TransferError
from autolab_core.transfer.patterns import Patterns, check_caps, is_taken, shown

PATHS = [
    *("a", "bb", "a.txt", "d/a", "d/a.txt", "d/e/a.txt", "d/e/f/a", "e/d/a", "x/a/b", "[a]", "a b", "a ", "#a", "!a"),
    *("d/b/c", "b/c", "ab", "ac", "a-c", "aa/bb/cc", "data/raw/1.csv", "data/2.csv", "build/x/y", ".hid", "d/.hid"),
]
LISTS = [
    *(["a"], ["/a"], ["a/"], ["d/"], ["*.txt"], ["/*.txt"], ["d/*.txt"], ["d/**"], ["**/a"], ["d/**/a"], ["**"], ["*"]),
    *(
        ["d/*"],
        ["?"],
        ["a?"],
        ["[ab]"],
        ["[!a]"],
        ["[^a]"],
        ["a[a-c]"],
        ["a[-b]c"],
        [r"\[a]"],
        ["[a]"],
        ["a b"],
        ["a "],
    ),
    *([r"a\ "], ["#a"], [r"\#a"], [r"\!a"], ["", "a"], ["*", "!a"], ["*.txt", "!a.txt"], ["d", "!d/a"], ["/d/e/"]),
    *(["d/*", "!d/e"], ["data/**", "!data/2.csv"], ["**/e/**"], ["b/c"], ["/b/c"], [".*"], ["x/**/b"], ["aa/**/cc"]),
    *(["/**/a"], ["d/e/**/a"], ["*a*"], ["a*"], ["[z-a]"], ["[ab"], ["!"], ["/"], ["a//"]),
]


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """What git itself says of a list of patterns."""
    root = tmp_path_factory.mktemp("git")
    subprocess.run(("git", "init", "--quiet", root), check=True)
    for path in PATHS:
        full = root / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_text("")

    def ask(patterns):
        excluded = root / ".git" / "patterns"
        excluded.write_text("".join(f"{pattern}\n" for pattern in patterns))
        words = ("git", "-C", root, "ls-files", "-z", "--others", "--ignored", f"--exclude-from={excluded}")
        return set(os.fsdecode(subprocess.run(words, capture_output=True, check=True).stdout).split("\0")[:-1])

    there = {os.path.relpath(os.path.join(above, name), root) for above, _, names in os.walk(root) for name in names}
    return ask, {path for path in there if not path.startswith(".git/")}


@pytest.mark.parametrize("patterns", LISTS, ids=" ".join)
def test_git_says_the_same(asked, patterns):
    ask, there = asked
    assert {path for path in there if Patterns(patterns).names(path)} == ask(patterns)


def test_what_is_excluded_is_not_taken_whoever_names_it():
    include, exclude = Patterns(["data/*.csv"]), Patterns(["big.*"])
    assert is_taken(include, exclude, "train.py", anyway=True)
    assert not is_taken(include, exclude, "big.py", anyway=True)
    assert is_taken(include, exclude, "data/a.csv", anyway=False)
    assert not is_taken(include, exclude, "data/big.csv", anyway=False)
    assert not is_taken(include, exclude, "notes", anyway=False)


def test_caps():
    sizes = {"a": 1024, "b": 1025}
    check_caps(SyncRules(), sizes)
    check_caps(SyncRules(max_file=Memory(1025), max_total=Memory(2049)), sizes)
    with pytest.raises(TransferError, match=r"^b has 1\.0 kB, more than max_file \(1K\)"):
        check_caps(SyncRules(max_file=Memory(1024)), sizes)
    with pytest.raises(TransferError, match=r"^2 files have 2\.0 kB, b alone 1\.0 kB, more than max_total \(2K\)"):
        check_caps(SyncRules(max_total=Memory(2048)), sizes)


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (2.5e15, "2500.0 TB")]
)
def test_sizes_as_people_write_them(count, text):
    assert shown(int(count)) == text
