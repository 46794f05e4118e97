"""The tokens that a prompt's template may name, what each stands for, and which templates know it."""

# No `from __future__ import annotations`: a NamedTuple compiles each annotation that is text.

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from autolab_core.vocab.states import Stage

__all__ = ["EXPERIMENT", "SHARED_PARTS", "TEMPLATES", "TOKENS", "Token", "nearest", "tokens_of"]

# The template for carrying out an experiment's spec. It is no stage: an experiment may belong to no iteration.
EXPERIMENT: Final = "run_experiment"
# Everything that a template may be for, by the name that stands in its file name.
TEMPLATES: Final = (*(stage.value for stage in Stage), EXPERIMENT)

# The parts that are shipped to be shared, in the order in which a prompt usually has them.
SHARED_PARTS: Final = (
    "role_preamble.md",
    "status_vocabulary.md",
    "guardrails.md",
    "repo_scope.md",
    "runtime_context.md",
    "run_artifacts.md",
    "verifier_common.md",
    "verification_ritual.md",
    "checklist.md",
    "evidence_format.md",
    "failure_retry.md",
)


class Token(NamedTuple):
    """``meaning`` says what stands in its place; ``templates`` are those that know it.

    A ``required`` one must not be empty. Of one that is not, an empty value leaves nothing, not even its line.
    """

    name: str
    meaning: str
    templates: frozenset[str]
    required: bool = True


_STAGES: Final = frozenset(stage.value for stage in Stage)
_WITH_A_RUN: Final = frozenset(
    stage.value
    for stage in (Stage.LAUNCH, Stage.SLURM_MONITOR, Stage.EXTRACT_RESULTS, Stage.UPDATE_DOCS, Stage.DECIDE_REPEAT)
)
_EXPERIMENT: Final = frozenset({EXPERIMENT})

TOKENS: Final[Mapping[str, Token]] = MappingProxyType(
    {
        token.name: token
        for token in (
            Token("stage", "the stage that the prompt is for", _STAGES),
            Token("iteration_id", "the iteration's id", _STAGES),
            Token("iteration_path", "the iteration's folder, from the repository's root", _STAGES),
            Token("experiment_id", "the id in the backlog of the experiment that the iteration is about", _STAGES),
            Token("run_id", "the run's id; before the launch, the one that it is to have", _WITH_A_RUN),
            Token("run_path", "the run's folder, from the repository's root", _WITH_A_RUN),
            Token("launch_mode", "where the run happens, as this host resolves it: `local` or `slurm`", _STAGES),
            Token("stage_context", "the stage's context as a list; the whole of it is in the JSON file", _STAGES),
            Token("spec", "the experiment's spec, from the repository's root", _EXPERIMENT),
            Token("spec_id", "the spec's name without its suffix", _EXPERIMENT),
            Token("results_path", "the folder of the experiment's results, from the repository's root", _EXPERIMENT),
            Token("compute_advisory", "the advice where to run, with its heading; empty for none", _EXPERIMENT, False),
        )
    }
)


def tokens_of(template: str) -> tuple[str, ...]:
    """The names that the template *template* (``launch``) knows."""
    return tuple(name for name, token in TOKENS.items() if template in token.templates)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The name of *known* that was probably meant by *word*; None when nothing is like it."""
    from difflib import get_close_matches

    found = get_close_matches(word, list(known), 1)
    return found[0] if found else None
