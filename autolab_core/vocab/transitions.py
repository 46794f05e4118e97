"""The stages as one table: who acts at each, what is to be done, and where each outcome may lead. Pure and light.

Everything that asks where a stage leads asks here: the commands, the rules about a state's history, the page
``docs/states.md``, which is made from it.
"""

# No `from __future__ import annotations`: a NamedTuple compiles each annotation that is text, and the first compilation
# of a process costs a quarter of a bare interpreter's start.

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from autolab_core.vocab.errors import AutolabError
from autolab_core.vocab.states import Stage, StageOutcome

__all__ = [
    "DECISIONS",
    "LEFT_BY_A_PERSON",
    "TABLE",
    "TAKEN_UP",
    "TURNS",
    "Actor",
    "IllegalMove",
    "StageRule",
    "by_a_person",
    "leads_to",
    "made_by_a_stage",
    "next_stage",
    "stages_of",
]


class IllegalMove(AutolabError):
    """A stage's outcome leads where the table does not let it lead: the state was edited meanwhile, or it is our fault.

    The state is left as it is.
    """


class Actor(StrEnum):
    """Who does the work of a stage."""

    AUTOLAB = "autolab"
    AGENT = "agent"
    PERSON = "person"


class StageRule(NamedTuple):
    """One stage. ``turn`` says what is to be done there; ``advance`` and ``retry`` where these outcomes may lead.

    An ``advance`` to one stage alone needs no naming of it. Besides, every stage but a person's may end in
    ``human_review`` or ``stop``, and ``stay`` leads nowhere.
    """

    actor: Actor
    turn: str
    advance: tuple[Stage, ...]
    retry: tuple[Stage, ...]


_HYPOTHESIS, _DESIGN, _BUILD, _REVIEW = (
    Stage.HYPOTHESIS,
    Stage.DESIGN,
    Stage.IMPLEMENTATION,
    Stage.IMPLEMENTATION_REVIEW,
)
_LAUNCH, _MONITOR, _EXTRACT = Stage.LAUNCH, Stage.SLURM_MONITOR, Stage.EXTRACT_RESULTS
_DOCS, _DECIDE, _PERSON, _STOP = Stage.UPDATE_DOCS, Stage.DECIDE_REPEAT, Stage.HUMAN_REVIEW, Stage.STOP

TABLE: Final[Mapping[Stage, StageRule]] = MappingProxyType(
    {
        _HYPOTHESIS: StageRule(
            Actor.AGENT,
            "write the hypothesis; `autolab run` hands it over, and takes it back",
            (_DESIGN,),
            (_HYPOTHESIS,),
        ),
        _DESIGN: StageRule(
            Actor.AGENT,
            "write or mend design.yaml (`autolab run` hands it over), then `autolab review approve --who NAME`",
            (_BUILD,),
            (_DESIGN, _HYPOTHESIS),
        ),
        _BUILD: StageRule(
            Actor.AGENT,
            "implement the design (`autolab run` hands it over), then `autolab review approve --who NAME`",
            (_REVIEW,),
            (_BUILD, _DESIGN),
        ),
        _REVIEW: StageRule(
            Actor.AGENT,
            "review it (`autolab run` hands it over), or `autolab review approve --who NAME`",
            (_LAUNCH,),
            (_REVIEW, _BUILD, _DESIGN),
        ),
        _LAUNCH: StageRule(Actor.AUTOLAB, "`autolab launch` starts the run", (_MONITOR,), (_LAUNCH, _REVIEW, _DESIGN)),
        _MONITOR: StageRule(Actor.AUTOLAB, "`autolab run` looks at the run", (_EXTRACT,), (_MONITOR, _LAUNCH)),
        _EXTRACT: StageRule(
            Actor.AUTOLAB,
            "`autolab run` reads the results once the run has ended",
            (_DOCS,),
            (_EXTRACT, _LAUNCH),
        ),
        _DOCS: StageRule(
            Actor.AGENT,
            "write analysis/summary.md from the run's metrics; `autolab run` hands it over, and takes it back",
            (_DECIDE,),
            (_DOCS,),
        ),
        _DECIDE: StageRule(
            Actor.AGENT,
            "decide whether to repeat; `autolab run` hands it over, and takes it back",
            (_HYPOTHESIS, _DESIGN, _LAUNCH),
            (_DECIDE,),
        ),
        _PERSON: StageRule(
            Actor.PERSON,
            "a person looks at the state's history, then `autolab resume --decision STAGE --who NAME --why TEXT`",
            (),
            (),
        ),
        _STOP: StageRule(
            Actor.PERSON,
            "nothing is left to do; a person continues with `autolab reopen --who NAME --why TEXT`",
            (),
            (),
        ),
    }
)

# Whose turn it is, in the words of `autolab run` and `autolab status`.
TURNS: Final[Mapping[Stage, str]] = MappingProxyType({stage: rule.turn for stage, rule in TABLE.items()})

# Stages that may begin from others than their own: a launch once what its refusal asked for is mended, an approval
# whenever there is something to approve.
TAKEN_UP: Final[Mapping[Stage, frozenset[Stage]]] = MappingProxyType(
    {_LAUNCH: frozenset({_DESIGN, _REVIEW}), _REVIEW: frozenset({_DESIGN, _BUILD})}
)

# What ``decide_repeat`` can decide: where its advance may lead, and to end the work or to ask a person.
DECISIONS: Final = (*TABLE[_DECIDE].advance, _PERSON, _STOP)

# Nothing but a person's command leaves them.
LEFT_BY_A_PERSON: Final = frozenset(stage for stage, rule in TABLE.items() if rule.actor is Actor.PERSON)


def stages_of(actor: Actor) -> tuple[Stage, ...]:
    """The stages at which *actor* works, in their order."""
    return tuple(stage for stage, rule in TABLE.items() if rule.actor is actor)


def next_stage(stage: Stage) -> Stage | None:
    """Where ``advance`` leads from *stage* when nobody says more; None where somebody has to."""
    advance = TABLE[stage].advance
    return advance[0] if len(advance) == 1 else None


def leads_to(stage: Stage, outcome: StageOutcome) -> frozenset[Stage]:
    """Where *outcome* of *stage* may lead."""
    rule = TABLE[stage]
    if outcome is StageOutcome.STAY:
        return frozenset({stage})
    if outcome is StageOutcome.ADVANCE:
        return frozenset(rule.advance)
    if rule.actor is Actor.PERSON:
        return frozenset()
    if outcome is StageOutcome.NEEDS_RETRY:
        return frozenset(rule.retry)
    return frozenset({_PERSON if outcome is StageOutcome.HUMAN_REVIEW else _STOP})


def made_by_a_stage(before: Stage, outcome: StageOutcome, after: Stage) -> bool:
    """True for a move from *before* to *after* that a stage can make, a stage that is taken up again included."""
    taken_up = outcome is StageOutcome.ADVANCE and before in TAKEN_UP.get(after, frozenset())
    return after in leads_to(before, outcome) or taken_up


def by_a_person(before: Stage, after: Stage) -> bool:
    """True for a move that a person's command may make: to any stage at which work goes on, and from review to stop."""
    if before not in LEFT_BY_A_PERSON:
        return False
    return after not in LEFT_BY_A_PERSON or (before, after) == (_PERSON, _STOP)
