"""What a command reported, handed to the recorder; what is refused is told, and kept where it breaks the attempt."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from autolab_core.experiment.lines import Bad, Configured, Item, Noted, Number, Point, Progressed
from autolab_core.experiment.recorder import Recorder
from autolab_core.vocab.errors import AbortTriggered, ExperimentRefused
from autolab_core.vocab.experiment import Aggregate, Arm, MetricRole

__all__ = ["REPORTED", "Reader"]

# Where a configuration came from: the command said so itself.
REPORTED = "reported"


class Reader:
    """Takes what a command of *arm*, run for *seed* (None: for all or none), reports. *say* tells a person.

    A command without an arm is a sanity check.
    """

    def __init__(self, recorder: Recorder, arm: Arm | None, seed: int | None, say: Callable[[str], None]) -> None:
        self._recorder = recorder
        self._arm = arm
        self._seed = seed
        self._say = say
        self.faults: list[str] = []

    def take(self, items: Iterable[Item]) -> None:
        """Record *items*. Raises AbortTriggered, StoreError; a refusal is told and kept.

        A metric that the spec does not name is refused and breaks nothing: its number is nowhere. Any other refusal is
        a fault, because a number that the spec asks for is doubtful.
        """
        for item in items:
            if self._arm is None and not self._of_a_check(item):
                continue
            try:
                self._record(item)
            except AbortTriggered:
                raise
            except ExperimentRefused as error:
                self._say(str(error))
                if not isinstance(item, Number) or self._recorder.spec.metric(item.metric) is not None:
                    self.faults.append(str(error))

    def _record(self, item: Item) -> None:
        recorder = self._recorder
        if isinstance(item, Number):
            recorder.record(item.metric, item.value, seed=self._seed_of(item), arm=item.arm, unit=item.unit)
        elif isinstance(item, Point):
            seed = item.seed if type(item.seed) is int else self._seed
            recorder.watch(item.metric, item.value, seed=seed, step=item.step)
        elif isinstance(item, Configured):
            recorder.configuration(self._arm or Arm.TREATMENT, item.values, REPORTED)
        elif isinstance(item, Progressed):
            recorder.progress(steps=item.steps, data_size=item.data_size, unit=item.unit)
        elif isinstance(item, Noted):
            recorder.note(item.text)
        elif isinstance(item, Bad):
            raise ExperimentRefused(f"what the command reported cannot be taken: {item.what}")
        else:
            recorder.usage(**item.values)

    def _of_a_check(self, item: Item) -> bool:
        """Whether *item* is anything to us in a sanity check: one that takes a step of the training prints what the
        training prints, and none of that is a result."""
        if isinstance(item, Number | Point):
            metric = self._recorder.spec.metric(item.metric)
            return metric is not None and metric.role is MetricRole.SANITY
        return isinstance(item, Noted)

    def _seed_of(self, item: Number) -> int | None:
        """The seed that the line names; else the one that the command runs for, where the metric is one of seeds."""
        if item.seed is not None:
            seed: int | None = item.seed
            return seed
        metric = self._recorder.spec.metric(item.metric)
        return None if metric is not None and metric.aggregate is Aggregate.ONCE else self._seed
