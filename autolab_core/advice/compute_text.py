"""The advice as the section that an agent or a person reads. Pure."""

from __future__ import annotations

from typing import Final

from autolab_core.advice.compute import Advice
from autolab_core.advice.compute_line import NO_COMMAND, lacks_command
from autolab_core.models.resources import Duration
from autolab_core.vocab.compute import SLOW_FACTOR, ComputeCase, ComputePreference

__all__ = ["compute_section", "why_nothing"]

_FIRST_HERE: Final = (
    "First, on this machine: write the code, run the sanity checks, reproduce the baseline, and the minimum viable "
    "experiment too if it takes minutes. Then send the full protocol there with this line:"
)
_WHAT_TO_DO: Final = {
    ComputeCase.ADVISORY: f"Run the full protocol in the cloud: this machine does not suffice. {_FIRST_HERE}",
    ComputeCase.CLOUD_PREFERRED: (
        "Run the full protocol in the cloud: that is preferred, though this machine would do. Running here is a valid "
        f"fallback when the cloud cannot be reached. {_FIRST_HERE}"
    ),
    ComputeCase.AVAILABILITY_NOTE: "Run everything on this machine. The cloud is there as a fallback:",
}
_VERDICTS: Final = {True: "fits", False: "does not fit", None: "cannot be decided"}


def compute_section(advice: Advice) -> str:
    """The section with its heading, ending in a line end; empty where nothing is advised."""
    if advice.case is None:
        return ""
    lines = [advice.case.heading, "", _WHAT_TO_DO[advice.case]]
    if advice.case is ComputeCase.AVAILABILITY_NOTE:
        lines += ["", *(f"- {trigger}" for trigger in _triggers(advice.estimate)), "", "This line sends it there:"]
    lines += ["", "```bash", advice.command, "```", ""]
    if lacks_command(advice.command):
        lines += [f"The spec's protocol names no treatment command: write it in place of {NO_COMMAND}.", ""]
    return "\n".join([*lines, "What led to this:", "", *(f"- {_line(text)}" for text in _grounds(advice)), ""])


def why_nothing(advice: Advice) -> str:
    """In one line, why there is no section."""
    missing = "; ".join(f"{step.resource}: {step.text}" for step in advice.arithmetic if step.fits is False)
    return _line("; ".join(advice.reasons) + (f": {missing}" if missing else ""))


def _line(text: str) -> str:
    """*text* in one line: names of back ends and of GPUs are other people's."""
    return "".join(character if character.isprintable() else " " for character in text)


def _triggers(estimate: int | None) -> tuple[str, ...]:
    known = "" if estimate is None else f" ({SLOW_FACTOR} x {Duration(estimate)} = {Duration(SLOW_FACTOR * estimate)})"
    return (
        f"if the run here takes more than {SLOW_FACTOR} x its estimated wall time{known};",
        "if this machine runs out of memory or disk;",
        "if its resources are needed for interactive work.",
    )


def _grounds(advice: Advice) -> list[str]:
    lines = [f"{step.resource}: {step.text}: {_VERDICTS[step.fits]}" for step in advice.arithmetic]
    if not lines:
        lines.append("profile: the spec's compute profile asks for nothing that could be missing here")
    lines += [f"back end {each.name} ({each.kind}): {each.refused or 'large enough'}" for each in advice.backends]
    if advice.wish is ComputePreference.LOCAL and not advice.fits:
        lines.append(f"preference: {advice.wish}, by the {advice.wish_from}; it does not make this machine larger")
    else:
        lines.append(f"preference: {advice.wish}" + (f", by the {advice.wish_from}" if advice.wish_from else ""))
    return lines
