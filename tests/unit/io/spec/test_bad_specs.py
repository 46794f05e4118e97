"""Specs with one thing wrong: one line each, with the line where it is and what to write instead."""

from __future__ import annotations

import pytest

from autolab_core.io.spec import load_spec
from autolab_core.vocab.errors import DocumentError
from tests.unit.io.spec.conftest import PATH, SAMPLE

VARIABLE = "- `optimizer.momentum`: baseline `0.0`, treatment `0.9`"
LOSS = "- `val_loss` (nats, minimize, mean): Loss on the held-out set."
BASELINE = "- `val_loss`: 0.412 ± 0.01 (source: results/exp-000-base/metrics.json)"
SUCCESS = "- `val_loss`: treatment - baseline <= -0.01"
ABORT = "- `val_loss` > 10"
RUN_TIME = "- time per run > 60 s (assumes 10000 rows, factor 3)"
MVE = "mve: python train.py --rows 100 --epochs 1\n"
TESTS = "  tests: python -m pytest -q tests\n"
PROFILE = '```yaml\ncpus: 2\nmemory: 4G\nwall_time: "02:00:00"\ndata_dirs:\n  - data\n```'

# What is replaced by what; the line that is named, counted in the changed text; words of the message.
BAD = {
    "no title": ("# exp-001-momentum: Momentum in a small network\n", "", 1, "begin with '# exp-001-momentum: Title'"),
    "an empty title": ("Momentum in a small network", "", 1, "the title is missing"),
    "the title of another": (
        "# exp-001-momentum",
        "# exp-002-other",
        1,
        "exp-002-other, and the file is exp-001-momentum",
    ),
    "two titles": ("## Hypothesis", "# Hypothesis", 3, "sections begin with '## '"),
    "a section missing": ("## Confounds\n", "## Other\n", 1, "the section '## Confounds' is missing"),
    "a section misspelled": ("## Seeds\n", "## Seedz\n", 1, "the section '## Seeds' is missing"),
    "a section twice": ("## Confounds\n", "## Seeds\n\n## Confounds\n", 90, "the section Seeds is already on line 60"),
    "an empty hypothesis": (SAMPLE.split("\n")[4], "", 3, "Hypothesis has no entry"),
    "no variable": (VARIABLE, "", 7, "- `name`: baseline `0.0`, treatment `0.9`"),
    "a variable with one value": (", treatment `0.9`", "", 9, "no value for the treatment"),
    "a variable that does not vary": ("treatment `0.9`", "treatment `0.0`", 9, "belongs to Controls"),
    "a third arm": ("treatment `0.9`", "control `0.9`", 9, "an arm should be one of baseline, treatment"),
    "a setting twice": ("`epochs`: `10`", "`optimizer.lr`: `10`", 14, "optimizer.lr is already on line 13"),
    "a setting within another": ("`epochs`: `10`", "`optimizer`: `10`", 9, "optimizer.momentum lies within optimizer"),
    "a setting called seed": ("`epochs`: `10`", "`seed`: `10`", 14, "seeds go into the section Seeds"),
    "a list as a value": ("`mlp`", "`[1, 2]`", 15, "no single number, word, true, false or null"),
    "an infinite value": ("`mlp`", "`.inf`", 15, "not a finite number"),
    "text after a value": ("`mlp`", "`mlp` as before", 15, "cannot read 'as before' here"),
    "a backtick left open": ("`epochs`: `10`", "`epochs`: `10", 14, "a backtick is not closed"),
    "no role": ("### Primary\n\n", "", 19, "this metric has no role"),
    "no primary metric": (
        "### Primary\n\n- `val",
        "### Secondary metric\n\n- `val",
        23,
        "the section Secondary is already on line 19",
    ),
    "a metric twice": ("`parameters` (", "`val_loss` (", 26, "val_loss is already on line 21"),
    "a metric called seed": ("`parameters` (", "`seed` (", 26, "a key of each row of per_seed"),
    "a metric's odd name": ("`parameters` (", "`β` (", 26, "only letters, digits and"),
    "two units": (
        "(nats, minimize, mean): Loss on",
        "(nats, bits, minimize): Loss on",
        21,
        "two units, 'nats' and 'bits'",
    ),
    "two directions": ("(nats, minimize, mean): Loss on", "(minimize, maximize): Loss on", 21, "has two directions"),
    "two aggregates": ("(s, minimize, median)", "(s, mean, median)", 25, "has two aggregates, mean and median"),
    "a misspelled attribute": ("(s, minimize, median)", "(minimze, median)", 25, "or 'minimize' misspelled?"),
    "a parenthesis left open": ("(s, minimize, median)", "(s, minimize, median", 25, "has no end of its own"),
    "a metric in a paragraph": ("- `parameters`", "\n`parameters`", 27, "only list items are read; begin it with"),
    "no tolerance": ("0.412 ± 0.01", "0.412", 34, "val_loss has no tolerance; write"),
    "a negative tolerance": ("± 0.01", "± -0.01", 34, "is negative"),
    "a tolerance in another unit": ("± 0.01", "± 10 ms", 34, "the tolerance is in ms, and val_loss is in nats"),
    "a share of nothing": ("0.412 ± 0.01", "0 ± 5%", 34, "a share of 0"),
    "no source": (" (source: results/exp-000-base/metrics.json)", "", 34, "val_loss has no source"),
    "a baseline of nothing": ("- `epoch_seconds`: 3.5", "- `epoch_second`: 3.5", 35, "did you mean epoch_seconds?"),
    "a baseline of a sanity check": ("- `epoch_seconds`: 3.5", "- `initial_loss`: 3.5", 35, "belongs to no arm"),
    "a baseline twice": ("- `epoch_seconds`: 3.5", "- `val_loss`: 3.5", 35, "val_loss is already on line 34"),
    "an expected NaN": ("0.412 ±", "NaN ±", 34, "is NaN; write a finite number"),
    "a comma for thousands": ("0.412 ±", "1,412 ±", 34, "write 1412 or 1.412"),
    "a number that is far too large": ("> 10\n", "> 1e99999999999999999999\n", 85, "too large"),
    "a number that is too small": ("± 0.01", "± 1e-99999999999999999999", 34, "too small"),
    "a share that is too small": ("± 0.01", "± 1e-400%", 34, "too small"),
    "a duration that is too large": ("wall clock: 2 h", "wall clock: 1e308 d", 68, "too large"),
    "a huge seed": ("treatment: 0..4", "treatment: 1e307", 63, "needs more than 64 bits"),
    "an assumption of two numbers": ("assumes 10000 rows", "assumes 10 000 rows", 87, "not followed by '000 rows'"),
    "a number that is too large": ("> 10\n", "> 1e999\n", 85, "too large"),
    "a criterion on an unknown metric": (
        SUCCESS,
        "- `loss`: treatment <= 1",
        39,
        "loss, which is no metric of this spec",
    ),
    "a criterion in words": (
        SUCCESS,
        "- `val_loss`: is lower",
        39,
        "cannot compare 'is lower'; write treatment - baseline",
    ),
    "a criterion without a limit": ("baseline <= -0.01", "baseline <=", 39, "the limit should be a number"),
    "a criterion with a condition": ("<= -0.01", "<= -0.01 after warm-up", 39, "the limit is in after"),
    "a criterion twice": ("- `epoch_seconds`: treatment / baseline <= 1.1", SUCCESS + "\n", 40, "already on line 39"),
    "an empty MVE": ("One epoch on 100 rows: the loss is finite.", "", 42, "is empty; say what it is"),
    "an MVE without a command": (MVE, "", 42, "the protocol has no mve command"),
    "an MVE command alone": (
        "## Minimum Viable Experiment\n\nOne epoch on 100 rows: the loss is finite.\n",
        "",
        53,
        "no section",
    ),
    "no commands": ("```yaml protocol", "```yaml", 46, "begin one with ```yaml protocol"),
    "a block left open": (
        "--seed {seed}\n```",
        "--seed {seed}\n",
        50,
        "this block holds the section Resource Budget: its last line, ```, is missing",
    ),
    "a sanity check missing": (TESTS, "", 51, "the protocol has no sanity command tests"),
    "a sanity check too many": (TESTS, f"{TESTS}  lint: ruff check\n", 54, "sanity has no key 'lint'"),
    "an unknown key": (MVE, f"{MVE}treatmet: x\n", 57, "the protocol has no key 'treatmet'"),
    "a key twice": (MVE, f"{MVE}mve: x\n", 57, 'the key "mve" is already on line'),
    "a tag": (MVE, "mve: !!python/object x\n", 56, "the protocol: "),
    "a placeholder for nothing": ("--rows 100", "--rows {rows}", 56, "{rows} stands for no setting of this spec"),
    "a seed in the sanity phase": ("--steps 1", "--seed {seed}", 54, "no value in the sanity phase"),
    "a placeholder of a template": ("--rows 100", "--out <run_id>", 56, "the placeholder <run_id> is still here"),
    "a quote left open": (MVE, "mve: python 'train.py\n", 56, "cannot be split into words"),
    "a command that is a number": (MVE, "mve: 3\n", 56, "should be a command in one line, not 3"),
    "commands in one text": (MVE, "mve: |\n  python a.py\n  python b.py\n", 56, "holds several lines; write a list"),
    "a hypothesis in a comment": (SAMPLE.split("\n")[4], "<!-- to come -->", 3, "Hypothesis has no entry"),
    "a csv outside": (MVE, f"{MVE}csv: ../out.csv\n", 57, "leaves the repository"),
    "a seed twice": ("treatment: 0..4", "treatment: 0..4, 3", 63, "the seed 3 is named twice"),
    "a seed that is no whole number": ("treatment: 0..4", "treatment: 0.5", 63, "not a whole number"),
    "a range of two readings": ("treatment: 0..4", "treatment: 0-4", 63, "0-4 can be read in two ways; write 0..4"),
    "a range backwards": ("treatment: 0..4", "treatment: 4..0", 63, "write 0..4"),
    "seeds without end": ("treatment: 0..4", "treatment: 0..999999999999", 63, "more than 10000 seeds"),
    "seeds of one arm and of both": ("treatment: 0..4", "0..4", 63, "belong to an arm or to both?"),
    "seeds of the baseline alone": ("- treatment: 0..4", "", 60, "Seeds has no entry"),
    "no tier": ("- tier: small\n", "", 65, "Resource Budget has no tier"),
    "a budget without a value": ("wall clock: 2 h", "wall clock:", 68, "wall clock has no value"),
    "a budget without a unit": ("wall clock: 2 h", "wall clock: 2", 68, "has no unit of time"),
    "a clock of two readings": ("wall clock: 2 h", "wall clock: 10:30", 68, "HH:MM:SS"),
    "a budget of nothing": ("training runs: 6", "training runs: 0", 70, "lets nothing run"),
    "half a run": ("training runs: 6", "training runs: 6.5", 70, "not a whole number"),
    "an unknown budget": ("training runs: 6", "epochs: 6", 70, "what the budget limits should be one of"),
    "a budget twice": ("training runs: 6", "GPU hours: 6", 70, "GPU hours is already on line 69"),
    "no limit": (
        "- wall clock: 2 h\n- GPU hours: 0\n- training runs: 6\n- training steps: 60000\n",
        "",
        65,
        "no limit",
    ),
    "a profile without a block": (PROFILE, "none", 73, "the Compute Profile holds no fenced block"),
    "memory without a unit": ("memory: 4G", "memory: 4", 77, "memory is 4 of what?"),
    "half a core": ("cpus: 2", "cpus: 0.5", 76, "write a whole number, 1 or more"),
    "no core": ("cpus: 2", "cpus: 0", 76, "write a whole number, 1 or more"),
    "a folder outside": ("  - data", "  - /data", 79, "not relative to the repository"),
    "a profile that is no mapping": (PROFILE, "```yaml\n- cpus\n```", 75, "should be a mapping"),
    "an abort criterion on nothing": (ABORT, "- `loss` > 10", 85, "loss, which is no metric of this spec"),
    "an abort criterion in words": (ABORT, "- the loss explodes", 85, "the, which is no metric"),
    "an abort criterion twice": ("- `val_loss` is not finite", ABORT + ".0\n", 86, "already on line 85"),
    "NaN alone": ("is not finite", "is NaN", 86, "write `val_loss` is not finite"),
    "a limit from below": ("time per run > 60 s", "time per run < 60 s", 87, "did you mean > ?"),
    "an assumption of nothing": ("assumes 10000 rows", "assumes 0 rows", 87, "not above 0"),
    "a factor below 1": ("factor 3", "factor 0.5", 87, "the factor is below 1"),
    "an assumption of the whole": (
        "wall clock > 4 h",
        "wall clock > 4 h (assumes 10 rows)",
        88,
        "rests on no data size",
    ),
    "a file outside": ("`train.py`", "`../train.py`", 96, "leaves the repository"),
    "a file twice": ("`configs/**`", "`train.py`", 96, "'train.py' is named twice"),
    "a blank": ("The learning rate was tuned", "TODO", 92, "TODO is still here"),
    "a table": (LOSS, f"{LOSS}\n\n| name | unit |\n|---|---|\n", 23, "a table is not read in Metrics"),
    "a block of code": (LOSS, f"{LOSS}\n\ntext\n\n      - `a`: b\n", 25, "block of code"),
    "a quote": (BASELINE, f"{BASELINE}\n\n> quoted\n", 36, "a quote is not read in Baselines"),
    "HTML": (BASELINE, f"{BASELINE}\n\n<table>\n</table>\n", 36, "HTML is not read in Baselines"),
    "a heading": (BASELINE, f"{BASELINE}\n\n### More\n", 36, "the heading 'More' means nothing in Baselines"),
    "a list in a list": (BASELINE, f"{BASELINE}\n  - more\n", 34, "holds a list or several paragraphs"),
    "a comment left open": ("## Confounds", "<!--\n## Confounds", 90, "never closed"),
    "lists without end": ("- The learning", f"{'- ' * 40}The learning", 92, "nested too deeply"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_spec_has_one_line_that_says_where_and_what(kind: str):
    old, new, line, words = BAD[kind]
    assert SAMPLE.count(old) == 1
    source = SAMPLE.replace(old, new).encode()

    with pytest.raises(DocumentError) as raised:
        load_spec(source, PATH)

    said = str(raised.value)
    assert said.startswith(f"{PATH}:{line}: ")
    assert words in said
    assert "\n" not in said


FATAL = {
    "empty": (b"", PATH, "is empty"),
    "blank": (b" \n\n", PATH, "is empty"),
    "binary": (b"\x7fELF\x00\x01", PATH, ":1: holds the control character U+0000"),
    "NUL": (b"# a\n\x00", PATH, ":2: holds the control character U+0000"),
    "a lone carriage return": (b"# a\rb\n", PATH, ":1: holds the control character U+000D"),
    "Latin-1": ("# caf\xe9".encode("latin-1"), PATH, "is not UTF-8 text"),
    "UTF-16": ("# a".encode("utf-16"), PATH, "is UTF-16 text"),
    "a byte order mark": (b"\xef\xbb\xbf# a", PATH, "byte order mark"),
    "too long": (b"a" * (128 * 1024 + 1), PATH, "the limit for a spec is 131072 bytes"),
    "a name that is no id": (b"# a", "experiments/my spec.md", "cannot name a spec"),
    "a name outside": (b"# a", "../exp-001-a.md", "cannot name a spec"),
}


@pytest.mark.parametrize("kind", FATAL)
def test_what_is_no_text_of_a_spec_is_refused_at_once(kind: str):
    source, path, words = FATAL[kind]

    with pytest.raises(DocumentError) as raised:
        load_spec(source, path)

    assert words in str(raised.value)
    assert "\n" not in str(raised.value)
