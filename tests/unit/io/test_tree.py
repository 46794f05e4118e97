"""A repository as a tree of documents that is read once and never left."""

from __future__ import annotations

import os

import pytest

from autolab_core.io.tree import Tree
from autolab_core.vocab.errors import DocumentError, UsageError


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "repository"
    (root / "docs").mkdir(parents=True)
    (root / "docs" / "a.json").write_text('{"a": 1}')
    (root / "docs" / "a.yaml").write_text("a: 1\n")
    (tmp_path / "secret").write_text("{}")
    return root


@pytest.fixture
def tree(root):
    return Tree(str(root))


@pytest.mark.parametrize(
    "path", ["../secret", "docs/../../secret", "/etc/passwd", "~/x", "", "a\x00", "a\nb", "docs\\a", "a/{{run_id}}"]
)
@pytest.mark.parametrize("ask", ["absolute", "source", "document", "exists", "is_folder", "names", "mode"])
def test_a_path_that_could_lead_out_is_refused(tree, path, ask):
    with pytest.raises(DocumentError, match="is refused"):
        getattr(tree, ask)(path)


@pytest.mark.parametrize("target", ["../../secret", "/etc/passwd", "../.."])
def test_a_symlink_that_leads_out_is_refused_with_a_hint(root, tree, target):
    (root / "docs" / "link").symlink_to(target)

    with pytest.raises(DocumentError, match=r"docs/link: leads out of the repository \(replace the symlink"):
        tree.source("docs/link")


def test_a_file_behind_a_folder_that_leads_out_is_refused(root, tree):
    (root / "out").symlink_to("..")

    with pytest.raises(DocumentError, match="leads out"):
        tree.source("out/secret")


def test_a_symlink_that_stays_inside_is_followed(root, tree):
    (root / "link").symlink_to("docs/a.json")

    assert tree.document("link").data == {"a": 1}


def test_a_symlink_to_itself_is_an_error_and_no_hang(root, tree):
    (root / "loop").symlink_to("loop")

    assert tree.exists("loop")
    with pytest.raises(DocumentError, match="loop"):
        tree.source("loop")


def test_a_root_behind_a_symlink_is_the_folder_it_leads_to(root, tmp_path):
    (tmp_path / "link").symlink_to(root)
    tree = Tree(str(tmp_path / "link"))

    assert tree.document("docs/a.json").data == {"a": 1}
    assert tree.root == os.path.realpath(root)


def test_a_neighbour_whose_name_begins_with_the_root_s_is_outside(root, tmp_path):
    (tmp_path / "repository-2").mkdir()
    (root / "link").symlink_to("../repository-2")

    with pytest.raises(DocumentError, match="leads out"):
        Tree(str(root)).absolute("link")


def test_the_ending_says_how_a_document_is_read(tree):
    assert tree.document("docs/a.json").data == tree.document("docs/a.yaml").data == {"a": 1}


def test_what_was_read_first_is_what_everybody_sees(root, tree):
    tree.source("docs/a.json")
    (root / "docs" / "a.json").write_text('{"a": 2}')

    assert tree.document("docs/a.json").data == {"a": 1}
    assert Tree(str(root)).document("docs/a.json").data == {"a": 2}


def test_a_broken_document_is_the_same_error_each_time(root, tree):
    (root / "bad.json").write_text("{")
    errors = []
    for _ in range(2):
        with pytest.raises(DocumentError, match=r"bad\.json:1") as caught:
            tree.document("bad.json")
        errors.append(caught.value)

    assert errors[0] is errors[1]


def test_an_overlay_lies_over_the_files(root):
    tree = Tree(str(root), {"docs/a.json": b'{"a": 3}', "new/b.yaml": b"b: 1\n"})

    assert tree.document("docs/a.json").data == {"a": 3}
    assert tree.document("new/b.yaml").data == {"b": 1}
    assert tree.exists("new/b.yaml")
    assert tree.mode("new/b.yaml") is None
    assert not (root / "new").exists()


def test_names_are_sorted_and_a_folder_that_is_not_there_has_none(root, tree):
    for name in ("c", "b", ".hidden"):
        (root / "docs" / name).touch()

    assert tree.names("docs") == (".hidden", "a.json", "a.yaml", "b", "c")
    assert tree.names("nowhere") == ()
    with pytest.raises(DocumentError, match="cannot be listed"):
        tree.names("docs/b")


def test_modes_are_permission_bits(root, tree):
    (root / "docs" / "a.json").chmod(0o640)

    assert (tree.mode("docs/a.json"), tree.mode("nowhere")) == (0o640, None)


@pytest.mark.parametrize("folder", ["", "plan/", "in_progress/", "done/"])
def test_an_iteration_is_found_in_every_layout(root, tree, folder):
    (root / f"experiments/{folder}iter_a").mkdir(parents=True)

    assert tree.iteration_folder("iter_a") == f"experiments/{folder}iter_a"


def test_an_iteration_in_two_places_is_refused_with_both(root, tree):
    for folder in ("plan", "done"):
        (root / "experiments" / folder / "iter_a").mkdir(parents=True)

    with pytest.raises(UsageError, match=r"2 folders: experiments/plan/iter_a, experiments/done/iter_a; keep one"):
        tree.iteration_folder("iter_a")


def test_an_iteration_that_is_not_there_is_refused_with_where_it_was_looked_for(root, tree):
    (root / "experiments").mkdir()
    (root / "experiments" / "iter_a").touch()

    with pytest.raises(UsageError, match="has no folder: looked for experiments/iter_a and below experiments/plan"):
        tree.iteration_folder("iter_a")


@pytest.mark.parametrize("name", ["..", "../x", "a/b", "<ITERATION_ID>", ""])
def test_an_iteration_id_that_is_none_is_refused(tree, name):
    with pytest.raises(UsageError, match="iteration id"):
        tree.iteration_folder(name)
