"""A spec that was printed reads back as the same, and no text at all takes the reader down."""

from __future__ import annotations

from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from autolab_core.io.spec import print_spec, read_spec
from autolab_core.models.experiment.spec import Spec
from autolab_core.vocab.errors import DocumentError
from tests.strategies.specs import specs

PATH = "experiments/exp-001-name.md"
SAMPLE = Path(__file__).parents[1] / "unit/io/spec/exp-001-momentum.md"
LINES = SAMPLE.read_text().splitlines()
PIECES = st.sampled_from(
    [
        *LINES,
        "",
        "- ",
        "`",
        "- `val_loss`",
        "±",
        "1e999",
        "1e99999999999999999999",
        "nan",
        "```",
        "<!--",
        "\t",
        "{seed}",
        "9" * 50,
        "2..1",
        ": ",
        "%",
    ]
)


@given(specs())
def test_what_was_printed_reads_back_as_the_same(spec: Spec):
    printed = print_spec(spec)
    document = read_spec(printed.encode(), spec.path)

    assert document.spec == spec
    assert [problem.message for problem in document.problems] == []
    assert print_spec(document.spec) == printed


def judged(source: bytes) -> None:
    try:
        document = read_spec(source, PATH)
    except DocumentError:
        return
    last = source.count(b"\n") + 1
    for problem in (*document.problems, *document.notes):
        assert 1 <= problem.line <= last
        assert "\n" not in str(problem.error(PATH))
        assert len(problem.message) < 500


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@example(b"")
@example(b"\x00")
def test_no_bytes_take_it_down(source: bytes):
    judged(source)


@given(st.lists(PIECES | st.text(max_size=8), max_size=40))
def test_no_text_takes_it_down(pieces: list[str]):
    judged("\n".join(pieces).encode("utf-8", "replace"))


@given(st.data())
def test_no_change_of_a_line_takes_it_down(data: st.DataObject):
    at = data.draw(st.integers(0, len(LINES) - 1))
    line = LINES[at]
    start, end = sorted(data.draw(st.tuples(st.integers(0, len(line)), st.integers(0, len(line)))))
    changed = line[:start] + data.draw(PIECES | st.text(max_size=6)) + line[end:]

    judged("\n".join([*LINES[:at], changed, *LINES[at + 1 :]]).encode("utf-8", "replace"))
