"""A repository as a tree of documents that is read once and never left."""

from __future__ import annotations

import os
import tracemalloc

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


# --- looking at a folder once

ASKED = (
    "docs/a.json",
    "docs/a.yaml",
    "docs/folder",
    "docs/folder/inner.json",
    "docs/inside",
    "docs/inside_folder",
    "docs/inside_folder/a.json",
    "docs/folder_link/inner.json",
    "docs/out",
    "docs/out_folder",
    "docs/out_folder/secret",
    "docs/dangling",
    "docs/dangling_out",
    "docs/loop",
    "docs/missing",
    "docs/missing/below",
    "docs/a.json/below",
    "docs/laid.json",
    "docs/.hidden",
    "docs/odd {{run_id}}",
    "docs/line\nbreak",
    "docs/back\\slash",
    "docs/spa ce",
    "docs/é",
    "docs/fifo",
    "docs/",
    "docs/.",
    "docs/..",
    "docs/./a.json",
    "docs//a.json",
    "docs/../docs/a.json",
    "docs/nul\0",
    "docs",
    "elsewhere",
    "elsewhere/secret",
)


@pytest.fixture
def odd(root, tmp_path):
    """A folder with all kinds of entries, and one that leads out."""
    docs = root / "docs"
    (docs / "folder").mkdir()
    (docs / "folder" / "inner.json").write_text('{"inner": true}')
    for name, target in {
        "inside": "a.json",
        "inside_folder": "../docs",
        "folder_link": "folder",
        "out": "../../secret",
        "out_folder": "../..",
        "dangling": "nowhere",
        "dangling_out": "../../nowhere",
        "loop": "loop",
    }.items():
        (docs / name).symlink_to(target)
    for name in (".hidden", "odd {{run_id}}", "line\nbreak", "back\\slash", "spa ce", "é"):
        (docs / name).write_text("{}")
    os.mkfifo(docs / "fifo")
    (root / "elsewhere").symlink_to("..")
    return root


def answers(tree, path):
    """What each question about *path* gives or raises."""
    given = {}
    for ask in ("absolute", "exists", "is_folder", "names", "source", "document", "sha256", "mode"):
        try:
            found = getattr(tree, ask)(path)
            given[ask] = found.data if ask == "document" else found
        except DocumentError as error:
            given[ask] = str(error)
    return given


@pytest.mark.parametrize("path", [*ASKED, "docs/folder/out", "docs/folder/out/secret"])
@pytest.mark.parametrize("everywhere", [True, False])
def test_a_tree_that_looked_answers_as_one_that_did_not(odd, path, everywhere):
    (odd / "docs" / "folder" / "out").symlink_to("../../..")
    overlay = {"docs/laid.json": b'{"laid": 1}', "docs/missing/laid.json": b"{}"}
    looked, plain = Tree(str(odd), overlay), Tree(str(odd), overlay)
    looked.look("docs")
    if everywhere:
        for folder in ("folder", "folder_link", "out_folder", "missing", "a.json", "loop"):
            looked.look(f"docs/{folder}")
        looked.look("elsewhere")

    assert answers(looked, path) == answers(plain, path)
    looked.forget("docs")
    assert answers(looked, path) == answers(plain, path)


@pytest.mark.parametrize("path", ["docs/out", "docs/out_folder", "docs/dangling_out", "elsewhere", "elsewhere/secret"])
def test_a_look_opens_no_way_out(odd, path):
    tree = Tree(str(odd))
    for folder in ("docs", "elsewhere"):
        tree.look(folder)

    for ask in (tree.absolute, tree.source, tree.exists, tree.is_folder, tree.names, tree.mode):
        with pytest.raises(DocumentError, match="leads out"):
            ask(path)


def test_a_look_spares_the_questions(root, tree, monkeypatch):
    tree.look("docs")

    def refuse(*_):
        raise AssertionError("the file system was asked")

    for name in ("realpath", "lexists", "isdir", "islink"):
        monkeypatch.setattr(os.path, name, refuse)
    assert tree.exists("docs/a.json")
    assert not tree.exists("docs/nothing")
    assert not tree.is_folder("docs/a.json")
    assert tree.source("docs/a.json") == b'{"a": 1}'


def test_what_was_forgotten_is_read_again_and_its_neighbours_are_not(root, tree):
    (root / "docs-2").mkdir()
    (root / "docs-2" / "a.json").write_text('{"a": 1}')
    for folder in ("docs", "docs-2"):
        tree.look(folder)
        tree.document(f"{folder}/a.json")
        (root / folder / "a.json").write_text('{"a": 2}')
        (root / folder / "new").touch()
    tree.forget("docs")

    assert tree.document("docs/a.json").data == {"a": 2}
    assert tree.exists("docs/new")
    assert tree.document("docs-2/a.json").data == {"a": 1}
    assert not tree.exists("docs-2/new")


@pytest.mark.parametrize("path", ["docs/a.json", "docs/a.yaml"])
def test_a_file_is_opened_once_whoever_asks(tree, path, monkeypatch):
    import autolab_core.io.tree as module

    opened = []
    read = module.read_source
    monkeypatch.setattr(module, "read_source", lambda real, shown: opened.append(shown) or read(real, shown))
    tree.look("docs")
    tree.source(path)

    for _ in range(2):
        assert tree.value(path, "a") == 1
        assert tree.document(path).data == {"a": 1}
        assert tree.source(path)
        assert tree.exists(path)
    assert opened == [path]


def test_a_value_outlives_its_document(root, tree):
    assert tree.value("docs/a.json", "a") == 1
    assert tree.value("docs/a.json", "b") is None
    tree.forget("docs")
    (root / "docs" / "a.json").write_text('{"a": 2, "b": 2}')

    assert (tree.value("docs/a.json", "a"), tree.value("docs/a.json", "b")) == (1, None)
    tree.forget("docs", values=True)
    assert (tree.value("docs/a.json", "a"), tree.value("docs/a.json", "b")) == (2, 2)


def test_a_document_that_is_read_for_a_value_is_not_kept(root, tree):
    text = b'{"a": 1, "long": "' + b"x" * 1_000_000 + b'"}'
    for number in range(20):
        (root / "docs" / f"{number}.json").write_bytes(text)
    tracemalloc.start()
    try:
        assert [tree.value(f"docs/{number}.json", "a") for number in range(20)] == [1] * 20
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert kept < len(text)


def test_a_document_that_others_read_stays_when_a_value_was_asked_for(root, tree):
    document = tree.document("docs/a.json")
    assert tree.value("docs/a.json", "a") == 1

    assert tree.document("docs/a.json") is document


@pytest.mark.parametrize("text", ["[1]", "{", '{"a": 1, "a": 2}'])
def test_a_value_of_what_is_no_mapping_is_the_same_error_each_time(root, tree, text):
    (root / "docs" / "bad.json").write_text(text)
    said = []
    for _ in range(2):
        with pytest.raises(DocumentError) as caught:
            tree.value("docs/bad.json", "a")
        said.append(str(caught.value))

    assert said[0] == said[1]


@pytest.mark.parametrize(
    "text", ['{"a": [1, -0, 2.0]}', '{"a": 1, "a": 2}', "{", '{"a": 123456789012345678901}', "\ufeff{}"]
)
def test_a_tree_for_many_documents_reads_them_alike(root, text):
    (root / "docs" / "x.json").write_text(text)

    many, few = Tree(str(root), many=True), Tree(str(root))
    assert repr(answers(many, "docs/x.json")) == repr(answers(few, "docs/x.json"))
    assert answers(many, "docs/a.yaml") == answers(few, "docs/a.yaml")


def test_what_is_derived_of_a_document_is_computed_once_until_it_is_forgotten(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/a.json").write_text('{"a": 1}')
    tree, asked = Tree(str(tmp_path)), []

    def first_key(data):
        asked.append(data)
        return next(iter(data))

    assert [tree.derived("docs/a.json", first_key) for _ in range(3)] == ["a"] * 3
    assert len(asked) == 1
    (tmp_path / "docs/a.json").write_text('{"b": 1}')
    tree.forget("docs")

    assert tree.derived("docs/a.json", first_key) == "b"


def test_the_names_of_a_folder_that_was_looked_at_are_those_that_were_seen(tmp_path):
    (tmp_path / "docs").mkdir()
    for name in ("b", ".hidden", "a"):
        (tmp_path / "docs" / name).touch()
    tree = Tree(str(tmp_path))
    tree.look("docs")
    (tmp_path / "docs/later").touch()

    assert tree.names("docs") == (".hidden", "a", "b")
