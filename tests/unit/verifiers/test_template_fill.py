"""What is a template's literal or a mark of unfinished work, and what only looks like one."""

from __future__ import annotations

import os

import pytest

from autolab_core.vocab.states import Severity, Verdict
from autolab_verifiers.builtin.template_fill import MARKER, literal_in
from autolab_verifiers.engine.verify import examine
from autolab_verifiers.selftest.repository import PATHS, RUN_PATHS, build

SUMMARY = f"{PATHS.folder}/analysis/summary.md"

GOOD = [
    "def first(items: List<T>) -> T:",
    "std::vector<int> values;",
    "Map<KEY> of Array<ITEM_TYPE>",
    "see <https://example.org/RUN_ID>",
    "write to <someone@example.org>",
    "cat <<EOF",
    "cat <<EOF>out.txt",
    "cat <<-'EOF' >out.txt",
    "diff <(sort a) <(sort b)",
    "sort < input.txt > output.txt",
    "sort <IN >OUT",
    '"<"',
    '{"operator": "<", "other": ">"}',
    "if a <B and c> d:",
    "1 < N > 0",
    "x <= MAX >= y",
    "grep '<none>'",
    "value is <NA>",
    "docker ps --format '{{.Names}}'",
    "docker inspect -f '{{json .Config}}'",
    "awk '{{print $1}}' file",
    "awk '{if (x) {print}}'",
    "awk 'BEGIN{{next}}'",
    "${{ secrets.TOKEN }}",
    'echo "${name:-{{name}}}"',
    "{a: {b: {c: 1}}}",
    "{{}}",
    "{run_id} and {iteration_path}",
    "set() == {{1, 2}, {3}}",
    "todo: lowercase words are prose",
    "TODO_LIST=1",
    "see TODO.md and docs/TODO",
    "--TODO is an option, $TODO a variable",
    ".autolab/todo_focus.json",
    "METHODOLOGY and AUTODOC",
    "mktemp /tmp/x.XXXXXX",
    "printf '%s...' waiting",
    "template<T>",
]
BAD = [
    "{{run_id}}",
    "{{ run_id }}",
    "experiments/{{iteration_id}}/runs",
    "{{shared:role_preamble.md}}",
    "{{ name | upper }}",
    "{{{stage_context}}}",
    "run_{{run_id}}",
    '"{{launch_mode}}"',
    "a {{.Names}} and a {{name}}",
    "${HOME}/{{run_id}}",
    "<RUN_ID>",
    "<ITERATION_ID>",
    "experiments/<ITERATION_ID>/runs/<RUN_ID>",
    "cd runs/<run_id>",
    "run_<RUN_ID>",
    "--run-id=<RUN_ID>",
    "<job_id>",
    "'<METRIC>'",
    "see `<NAME>`",
    "by <USER>",
    "List<T> of <RUN_ID>",
    "cat <<EOF >runs/<RUN_ID>/x",
    "TODO",
    "TODO: choose the rate",
    "# FIXME later",
    "rate: TBD",
    "TODO(ann): name it",
    "still TODO.",
    "(TBD)",
    "[TODO] write",
    "0.1 # TODO",
    '"FIXME"',
    "TBD, TODO and FIXME",
]


@pytest.mark.parametrize("line", GOOD)
def test_what_only_looks_like_a_placeholder_is_left_alone(line):
    assert literal_in(line) is None
    assert MARKER.search(line) is None


@pytest.mark.parametrize("line", BAD)
def test_what_is_a_placeholder_is_found(line):
    assert literal_in(line) or MARKER.search(line)


@pytest.mark.parametrize("line", ["a<BR>b", "H<SUB>2</SUB>O", "<PRE>", "<my_tag>x</my_tag>"])
def test_tags_are_markup_in_markdown_and_placeholders_elsewhere(line):
    assert literal_in(line, markdown=True) is None
    assert literal_in(f"<RUN_ID> {line}", markdown=True) == "<RUN_ID>"


def check(repository, rule: str):
    return next(each for each in examine(repository.root).judgement.checks if each.rule == rule)


def test_a_finding_in_json_names_the_key_and_one_in_text_the_line(tmp_path):
    repository = build(tmp_path)
    repository.metrics("/note", "<RUN_ID>")
    repository.write(SUMMARY, "# Summary\n\n<RUN_ID>\n")

    found = {finding.path: finding for finding in check(repository, "TF001").findings}

    assert found[RUN_PATHS.metrics].pointer == "/note"
    assert found[RUN_PATHS.metrics].line
    assert (found[SUMMARY].pointer, found[SUMMARY].line) == (None, 3)


def test_a_key_can_be_a_placeholder_and_an_escape_hides_none(tmp_path):
    repository = build(tmp_path)
    repository.replace(RUN_PATHS.metrics, '"missing"', '"{{arm}}": "\\u003cRUN_ID\\u003e",\n  "missing"')

    assert len(check(repository, "TF001").findings) == 2


def test_what_other_programs_said_is_not_searched(tmp_path):
    repository = build(tmp_path)
    repository.manifest("/host/sinfo/stderr", "usage: sinfo <OPTIONS> ... TODO")
    repository.manifest("/commit/branch", "TODO")
    repository.write(RUN_PATHS.log("stdout.log"), "<RUN_ID> TODO\n")

    assert check(repository, "TF001").findings == ()
    assert check(repository, "TF003").findings == ()


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"\xff\xfe", "not UTF-8"), (b"a\0b", "binary"), (b"x" * 1_048_577, "1048577 bytes"), (b"x" * 1_048_576, None)],
)
def test_a_file_that_cannot_be_searched_is_named(tmp_path, content, said):
    repository = build(tmp_path)
    repository.write(SUMMARY, content)

    findings = check(repository, "TF001").findings

    assert [finding.severity for finding in findings] == [Severity.WARNING] * bool(said)
    assert all(said in finding.message for finding in findings)


def test_a_folder_in_place_of_a_file_is_named(tmp_path):
    repository = build(tmp_path)
    (repository.root / SUMMARY).mkdir(parents=True)

    assert [finding.path for finding in check(repository, "TF001").findings] == [SUMMARY]


def test_a_name_that_is_no_text_is_shown_escaped(tmp_path):
    repository = build(tmp_path)
    os.mkdir(os.path.join(os.fsencode(repository.root / PATHS.runs), b"<RUN_ID>\xff\n"))

    (finding,) = check(repository, "TF002").findings

    assert finding.path == PATHS.runs
    assert finding.message.isprintable()
    assert finding.message.encode()


def test_without_documents_there_is_nothing_to_search(tmp_path):
    repository = build(tmp_path)
    for path in (PATHS.design, PATHS.review, RUN_PATHS.manifest, RUN_PATHS.metrics):
        repository.remove(path)

    assert check(repository, "TF001").status is Verdict.SKIP
