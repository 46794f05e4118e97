"""Write ``docs/states.md`` from the table of the stages: ``python scripts/generate_states_page.py [--check]``."""

from __future__ import annotations

import sys
from pathlib import Path

from autolab_core.vocab.states import Stage, StageOutcome
from autolab_core.vocab.transitions import DECISIONS, LEFT_BY_A_PERSON, TABLE, TAKEN_UP, by_a_person, leads_to

PAGE = Path(__file__).resolve().parents[1] / "docs/states.md"
_HEAD = """\
# The stages, and where each of them leads

Made from the code by `python scripts/generate_states_page.py`. `.autolab/state.json` says at which stage the iteration
is, and its history how it came there. No other move than these is ever written; what the outcomes mean is in
[words.md](words.md#stages-and-outcomes).

"""
_TABLE = """
Dotted is what `needs_retry` leads to. Not drawn: a stage may lead to itself, and every stage of Autolab's or an agent's
may end in `human_review` or `stop`.

| stage | whose | what is to be done | `advance` leads to | `needs_retry` leads to |
|---|---|---|---|---|
"""
_TAKEN_UP = """
`stay` leads nowhere. `human_review` and `stop` lead from every stage, but for these two themselves, to the stage of
that name.

## Stages that are taken up again

A launch may be repeated from where its refusal led, once what it asked for is mended, and an approval may come early.
The history then has one `advance` more, to the stage that is taken up.

| stage | may begin at |
|---|---|
"""
_PERSON = """
## What only a person's command does

No stage leaves `human_review` or `stop`; `autolab run`, `launch`, `monitor`, `extract` and `review approve` neither.
The history entry of such a command has two more keys that are not null, `who` and `why`; rule CN011 asks for them.

| from | command | to |
|---|---|---|
"""
_REST = """
## Limits

- `max_stage_attempts` (3): so many `needs_retry` of one stage since it last advanced, or a person decided; the next one
  is a `human_review`. Artifacts of a run that are not proven to be here count once for each attempt, not for each look:
  where the cluster writes to this file system, an attempt lasts as long as the policy's `slurm: {sync_grace}`.
- `max_total_iterations` (20): so many times `decide_repeat` may lead back. Past it a person decides.

## When the files are at odds

Nothing is guessed: a command that cannot tell where the work stands says which file and which key, changes nothing and
ends with exit code 2.

| what is wrong | what to do |
|---|---|
| the state or the backlog cannot be read, or has not its schema's shape | mend it; `git log -p .autolab/state.json` \
has what it was |
| the backlog has no entry for the experiment, several, or one of another iteration | correct `experiment_id` in the \
state, or `iteration_id` in the backlog |
| the stage is one of a run, and `last_run_id` is empty | write the run's id there (`autolab ls`), or `launch` at \
`stage` |
| the run of `last_run_id` has no manifest | `autolab run` goes back to the launch |
| the run's manifest is of another iteration | correct `last_run_id` |
| the stage was changed with an editor while a command was at work | nothing is moved; `autolab status` says what is \
to be done now |
"""


def page() -> str:
    """The page's text."""
    rows = "".join(_row(stage) for stage in TABLE)
    taken_up = "".join(
        f"| `{stage}` | {_words(stage, *(each for each in TABLE if each in before))} |\n"
        for stage, before in TAKEN_UP.items()
    )
    return _HEAD + drawing() + _TABLE + rows + _TAKEN_UP + taken_up + _PERSON + _persons() + _decisions() + _REST


def drawing() -> str:
    """The table as a Mermaid diagram."""
    lines = ["```mermaid", "flowchart TD"]
    for stage, rule in TABLE.items():
        shape = "([{}])" if stage in LEFT_BY_A_PERSON else "[{}]"
        lines.append(f"  {stage}{shape.format(f'{stage}: {rule.actor}')}")
    for stage, rule in TABLE.items():
        lines += [f"  {stage} --> {after}" for after in rule.advance]
        lines += [f"  {stage} -.-> {after}" for after in rule.retry if after is not stage]
    return "\n".join([*lines, "```", ""])


def _row(stage: Stage) -> str:
    rule = TABLE[stage]
    retry = [each for each in TABLE if each in leads_to(stage, StageOutcome.NEEDS_RETRY)]
    return f"| `{stage}` | {rule.actor} | {rule.turn} | {_words(*rule.advance)} | {_words(*retry)} |\n"


def _persons() -> str:
    commands = {
        Stage.HUMAN_REVIEW: "`autolab resume --decision STAGE --who NAME --why TEXT`",
        Stage.STOP: "`autolab reopen --stage STAGE --who NAME --why TEXT`",
    }
    return "".join(
        f"| `{stage}` | {command} | {_words(*(each for each in TABLE if by_a_person(stage, each)))} |\n"
        for stage, command in commands.items()
    )


def _decisions() -> str:
    return (
        "\n`autolab reopen` leaves `human_review`, too, for every stage but `stop`. It alone opens an experiment that\n"
        "is closed in the backlog, and records who, when and why there. While the stage is another one, the iteration\n"
        "stays where it is, and has an entry `stay` with `who` and `why`.\n\n"
        "## What decide_repeat decides\n\n"
        "`decision_result.json` of the iteration says it: `decision`, a `rationale` that is not empty, and perhaps a\n"
        f"list `evidence`. The decision is one of {_words(*DECISIONS)};\n"
        "`launch` repeats the iteration as it is.\n"
    )


def _words(*stages: Stage) -> str:
    return ", ".join(f"`{stage}`" for stage in stages) or "–"


if __name__ == "__main__":
    from one_page import write_or_check  # beside this file, which is on the path only when it is run

    sys.exit(write_or_check(PAGE, page()))
