"""What commands print: JSON lines, CSV files, and everything else that is nothing to us."""

import io
import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autolab_core.experiment.lines import (
    LINE_MAX,
    Bad,
    Configured,
    Noted,
    Number,
    Point,
    Progressed,
    Used,
    count_rows,
    lines_of,
    read_csv,
    read_line,
)
from autolab_core.vocab.experiment import Arm

METRICS = ("val_loss", "accuracy")


@pytest.mark.parametrize(
    ("line", "items"),
    [
        (b'{"metric": "val_loss", "value": 0.4}', (Number("val_loss", 0.4),)),
        (
            b'{"metric": "x", "value": 1, "seed": 2, "arm": "baseline", "unit": "nats"}\n',
            (Number("x", 1, 2, Arm.BASELINE, "nats"),),
        ),
        (b'{"val_loss": 0.4, "seed": 0}', (Number("val_loss", 0.4, 0),)),
        (b'{"seed": 1.0, "val_loss": 0.4, "accuracy": 1}', (Number("val_loss", 0.4, 1), Number("accuracy", 1, 1))),
        (b'{"val_loss": 0.4, "extra": 3}', (Number("val_loss", 0.4), Number("extra", 3))),
        (b'{"val_loss": 0.4, "steps": 10}', (Progressed(10), Number("val_loss", 0.4))),
        (b'{"val_loss": "0.4"}', (Number("val_loss", "0.4"),)),
        (b'{"val_loss": {"mean": 0.4}}', (Number("val_loss", {"mean": 0.4}),)),
        (b'{"val_loss": Infinity}', (Number("val_loss", math.inf),)),
        (b'{"step": 10, "val_loss": 0.4}', (Point("val_loss", 0.4, None, 10),)),
        (b'{"epoch": 2, "val_loss": -Infinity, "seed": 1.0, "steps": 5}', (Point("val_loss", -math.inf, 1, 2),)),
        (b'{"epoch": 2, "step": 7, "val_loss": 1, "lr": 3}', (Point("val_loss", 1.0, None, 7),)),
        (b'{"batch": "last", "val_loss": 1, "accuracy": 0}', (Point("val_loss", 1.0), Point("accuracy", 0.0))),
        (b'{"metric": "val_loss", "value": 2, "step": 3, "seed": 0}', (Point("val_loss", 2.0, 0, 3),)),
        (b'{"config": {"lr": 0.1}}', (Configured({"lr": 0.1}),)),
        (b'{"steps": 500}', (Progressed(500),)),
        (b'{"data_size": 1000, "unit": "rows"}', (Progressed(None, 1000.0, "rows"),)),
        (b'{"note": "restarted once"}', (Noted("restarted once"),)),
        (b'{"usage": {"gpu_hours": 1}}', (Used({"gpu_hours": 1}),)),
    ],
)
def test_a_line_says_what_it_says(line, items):
    assert read_line(line, METRICS) == items


def test_nan_is_handed_on():
    (found,) = read_line(b'{"val_loss": NaN, "seed": 3}', METRICS)

    assert math.isnan(found.value)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"epoch 1 loss 0.4",
        b"0.4",
        b"[1, 2]",
        b'["val_loss", 0.4]',
        b'{"val_loss": 0.4',
        b'{"loss": 0.4, "lr": 0.1}',
        b'{"step": 10, "loss": 0.4}',
        b'{"step": 10, "val_loss": "high"}',
        b'{"step": 10, "val_loss": true, "accuracy": null}',
        b'{"config": 1, "loss": 2}',
        b"\x00\xff\xfe{}",
        b'{"val_loss": \xff}',
        '{"val_loss": 1}'.encode("utf-16"),
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"val_loss": "' + b"x" * LINE_MAX + b'"}',
        b'{"val_loss": ' + b"9" * 5000 + b"}",
        b"{" * 1000 + b"}" * 1000,
    ],
)
def test_everything_else_is_plain_output(line):
    began = time.monotonic()

    assert read_line(line, METRICS) == ()
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b'{"val_loss": 0.4, "val_loss": 0.3}', "'val_loss' stands twice"),
        (b'{"metric": 3, "value": 4}', "its name as text"),
        (b'{"metric": "val_loss"}', "and `value`"),
        (b'{"metric": "val_loss", "value": 1, "loss": 2}', "the key 'loss'"),
        (b'{"val_loss": 1, "arm": "control"}', "neither baseline nor treatment"),
        (b'{"val_loss": 1, "unit": 3}', "no text"),
        (b'{"steps": -1}', "`steps`"),
        (b'{"steps": true}', "`steps`"),
        (b'{"data_size": "many"}', "`data_size`"),
        (b'{"data_size": NaN}', "`data_size`"),
        (b'{"config": [1]}', "`config` is no object"),
        (b'{"note": 3}', "`note` is no text"),
        (b'{"usage": 3}', "`usage` is no object"),
    ],
)
def test_a_line_that_was_meant_for_us_and_cannot_be_read_says_why(line, why):
    (found,) = read_line(line, METRICS)

    assert isinstance(found, Bad)
    assert why in found.what


@given(st.binary(max_size=200))
def test_no_line_is_too_strange(line):
    read_line(line, METRICS)
    read_line(b'{"val_loss":' + line + b"}", METRICS)


@given(st.text(max_size=300))
def test_no_table_is_too_strange(text):
    read_csv(text, METRICS)
    read_csv("val_loss,seed\n" + text, METRICS)
    count_rows(text)


def test_a_table_has_a_row_for_each_seed():
    found = read_csv("seed,val_loss,accuracy\n0,0.5,1\n1,nan,\n", METRICS)

    assert found[:2] == (Number("val_loss", 0.5, 0), Number("accuracy", 1, 0))
    assert math.isnan(found[2].value)
    assert found[2].seed == 1
    assert len(found) == 3


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_table_may_name_the_metric_in_a_column(separator):
    text = "metric,value,seed,arm\r\nval_loss,0.4,0,baseline\r\n".replace(",", separator)

    assert read_csv(text, METRICS) == (Number("val_loss", 0.4, 0, Arm.BASELINE),)


def test_rows_that_were_there_before_are_left_out():
    text = "val_loss,seed\n0.4,0\n0.5,1\n"

    assert count_rows(text) == 2
    assert read_csv(text, METRICS, skip=1) == (Number("val_loss", 0.5, 1),)


def test_the_index_that_a_data_frame_writes_is_no_metric():
    assert read_csv(",val_loss\n0,0.4\n", METRICS) == (Number("val_loss", 0.4),)


def test_a_cell_that_is_no_number_is_handed_on_as_text():
    assert read_csv("val_loss\n1_000\n0x10\n+5\n-2.5e3\n", METRICS) == tuple(
        Number("val_loss", value) for value in ("1_000", "0x10", 5, -2500.0)
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no header"),
        ("a,b\n1,2\n", "no column is a metric"),
        ("val_loss,val_loss\n1,2\n", "stands there twice"),
        ("val_loss,seed\n1\n", "line 2: 1 cells below a header of 2"),
        ("val_loss,arm\n1,left\n", "line 2: the arm 'left'"),
        ('val_loss\n"1\n', "line 2"),
        ("metric,value\n,3\n", "line 2: the metric has no name"),
    ],
)
def test_a_table_that_cannot_be_read_says_where(text, why):
    found = read_csv(text, METRICS)

    assert [each for each in found if isinstance(each, Bad) and why in each.what]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (b"", []),
        (b"a", [b"a"]),
        (b"a\n\nb", [b"a\n", b"\n", b"b"]),
        (b"x" * LINE_MAX + b"\nb\n", [b"x" * LINE_MAX + b"\n", b"b\n"]),
        (b"x" * (LINE_MAX + 1) + b"\nb\n", [b"b\n"]),
        (b"x" * (2 * LINE_MAX + 2) + b"\nb\n", [b"b\n"]),
        (b"a\n" + b"x" * LINE_MAX, [b"a\n", b"x" * LINE_MAX]),
        (b"a\n" + b"x" * (LINE_MAX + 1), [b"a\n"]),
    ],
    ids=range(8),
)
def test_a_line_without_an_end_is_not_read_whole(text, lines):
    assert list(lines_of(io.BytesIO(text))) == lines
