"""``pytest --autolab``: one item for each verifier of each run. How to use it, and how safely: ``docs/pytest.md``.

Every pytest of the environment loads this module: until it is asked it imports nothing but pytest. It writes nothing.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import pytest

if TYPE_CHECKING:
    from autolab_core.models.report import Report
    from autolab_core.vocab.states import Stage
    from autolab_verifiers.engine.locate import Subject
    from autolab_verifiers.report.answer import Check
    from autolab_verifiers.report.brief import Brief

__all__ = ["AutolabCollector", "AutolabItem", "autolab_report", "autolab_repository"]

_NAME: Final = "autolab"
_JUDGING: Final = "autolab-judging"
_NONE: Final = "-"  # stands in a node id where there is no iteration or run; no id begins with it
_NODE_ID: Final = re.compile(rf"(?:\.\./)*({_NAME}::.+)")
_WARNINGS: Final = "Autolab warnings"
_T = TypeVar("_T")
_OUTCOMES: Final[list[Any]] = "passed failed skipped".split()  # noqa: SIM905 - pytest's words, not our vocabulary's


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup(_NAME, "Autolab: runs that prove what they claim")
    add = group.addoption
    add("--autolab", action="store_true", help="judge the run that the repository's state stands at")
    add("--autolab-all", action="store_true", help="judge every run of every iteration; implies --autolab")
    add("--autolab-root", metavar="DIR", help="the repository (default: rootdir, or the nearest above with .autolab)")
    add("--autolab-stage", metavar="STAGE", help="judge as for this stage (default: the state's; with -all: any)")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Where nothing but Autolab is asked for, no conftest.py is loaded: it may be the judged repository's."""
    options = early_config.known_args_namespace
    if _asked(options) and not _split(options.file_or_dir)[0]:
        options.noconftest = True


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{_NAME}: a verifier of an Autolab run (collected by --autolab)")
    if _asked(config.option):
        config.args[:], chosen = _split(config.option.file_or_dir)
        try:
            judging = _tried(lambda: _Judging(config, _root(config), _stage(config), chosen))
        except _Refused as refused:
            raise pytest.UsageError(str(refused)) from refused
        config.pluginmanager.register(judging, _JUDGING)


@pytest.fixture(scope="session")
def autolab_repository(pytestconfig: pytest.Config) -> Path:
    """The root of the Autolab repository: ``--autolab-root``, or the nearest folder at or above rootdir that is one."""

    def root() -> str:
        from autolab_verifiers.engine.batch import Batch

        return Batch(_root(pytestconfig), None, every_run=False).root

    try:
        return Path(_tried(root))
    except _Refused as refused:
        pytest.fail(str(refused), pytrace=False)


@pytest.fixture(scope="session")
def autolab_report(pytestconfig: pytest.Config, autolab_repository: Path) -> Report:
    """The report on the run that the state stands at, judged once a session. Nothing is written."""

    def report() -> Report:
        from autolab_verifiers.engine.verify import verify

        return verify(autolab_repository, stage=_stage(pytestconfig), write=False)

    try:
        return _tried(report)
    except _Refused as refused:
        pytest.fail(str(refused), pytrace=False)


class AutolabItem(pytest.Item):
    """One verifier on one run. ``checks`` are given for what was found while collecting."""

    def __init__(self, *, subject: Subject, verifier: str, checks: tuple[Check, ...] = (), **more: Any) -> None:
        super().__init__(**more)
        self.subject = subject
        self.verifier = verifier
        self.checks = checks

    def answer(self) -> Brief:
        """The verifier's answer, now."""
        from autolab_verifiers.report.brief import brief

        return brief(self.checks or _judging(self.config).batch.judge(self.subject, self.verifier))

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, self.name

    def runtest(self) -> None:
        """For plugins that run items in their own way."""
        from autolab_core.vocab.states import Verdict

        answer = self.answer()
        if answer.verdict is Verdict.SKIP:
            pytest.skip(answer.text)
        if answer.verdict is not Verdict.PASS:
            pytest.fail(answer.text, pytrace=False)


class AutolabCollector(pytest.Collector):
    """The one collector of all items."""

    def collect(self) -> Iterator[AutolabItem]:
        judging = _judging(self.config)
        found = False
        for subject, verifier, checks in judging.batch.plan():
            node_id = f"{_NAME}::{subject.iteration_id or _NONE}::{subject.run_id or _NONE}::{verifier}"
            if judging.chosen and not any(f"{node_id}::".startswith(f"{each}::") for each in judging.chosen):
                continue
            found = True
            about: dict[str, Any] = {"subject": subject, "verifier": verifier, "checks": checks}
            yield AutolabItem.from_parent(self, name=node_id.removeprefix(f"{_NAME}::"), nodeid=node_id, **about)
        if not found:
            raise self.CollectError(f"not found: {', '.join(judging.chosen)}")


class _Judging:
    """The hooks that are there only when they were asked for, and what the items share."""

    def __init__(self, config: pytest.Config, root: str, stage: Stage | None, chosen: list[str]) -> None:
        from autolab_verifiers.builtin import BUILTIN, load
        from autolab_verifiers.engine.batch import Batch

        for name in BUILTIN:
            load(name)  # one that cannot be imported is told now, not in the middle of a session
        self.batch = Batch(root, stage, every_run=config.option.autolab_all)
        self.chosen = chosen
        self._outcomes: set[str] = set()

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Put our collector before whatever else there is to collect."""
        report = yield
        if isinstance(collector, pytest.Session) and report.passed:
            ours = AutolabCollector.from_parent(collector, name=_NAME, nodeid=_NAME, path=Path(self.batch.root))
            ours.add_marker(_NAME)
            report.result.insert(0, ours)
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool | None:
        """Judge and report, without the set-up and tear-down of fixtures that our items cannot have."""
        if not isinstance(item, AutolabItem):
            return None
        hook = item.ihook
        hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        for report in _reports(item):
            hook.pytest_runtest_logreport(report=report)
        hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "teardown" and _NAME in report.keywords and report.nodeid.startswith(f"{_NAME}::"):
            self._outcomes.add(report.outcome)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Nothing checked is not a pass."""
        if self._outcomes == {"skipped"} and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        write = terminalreporter.write_line
        reports = [*terminalreporter.stats.get("passed", ()), *terminalreporter.stats.get("skipped", ())]
        warned = [(report, dict(report.sections).get(_WARNINGS)) for report in reports]
        if any(text for _, text in warned):
            terminalreporter.section(_WARNINGS)
        for report, text in warned:
            if text:
                write(report.nodeid)
                write(text)
        if self._outcomes == {"skipped"}:
            write("autolab: nothing was checked, which is not a pass", red=True)


class _Refused(Exception):
    """Says in one line why there is nothing to judge: wrong usage, or an installation that cannot be used."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"{_NAME}: {' '.join(reason.split())}")


def _tried(call: Callable[[], _T]) -> _T:
    """What *call* gives. Raises _Refused for whatever it raises, so that pytest shows a line and no internals."""
    try:
        from autolab_verifiers.engine.boundary import Fault, attempt, last_line
    except (ImportError, SyntaxError) as error:
        raise _Refused(f"this installation cannot be used: {error}") from error
    answer = attempt(call)
    if not isinstance(answer, Fault):
        return answer
    from autolab_core.vocab.errors import AutolabError

    if isinstance(answer.error, AutolabError):
        raise _Refused(str(answer.error)) from answer.error
    raise _Refused(f"this installation cannot be used: {last_line(answer.error)}") from answer.error


def _judging(config: pytest.Config) -> _Judging:
    return cast(_Judging, config.pluginmanager.getplugin(_JUDGING))


def _asked(options: Any) -> bool:
    return bool(options.autolab or options.autolab_all)


def _split(arguments: Iterable[str]) -> tuple[list[str], list[str]]:
    """The paths among *arguments*, and the node ids that are ours."""
    matches = [(argument, _NODE_ID.fullmatch(argument)) for argument in arguments]
    return [path for path, ours in matches if not ours], [ours.group(1) for _, ours in matches if ours]


def _root(config: pytest.Config) -> str:
    """The repository's root. Raises UsageError."""
    from autolab_core.io.root import locate_root

    given: str | None = config.option.autolab_root
    return locate_root(config.rootpath) if given is None else str(config.invocation_params.dir / given)


def _stage(config: pytest.Config) -> Stage | None:
    """The stage that was asked for. Raises UsageError when there is none of that name."""
    from autolab_core.vocab.errors import UsageError
    from autolab_core.vocab.states import Stage

    given: str | None = config.option.autolab_stage
    if given is not None and given not in set(Stage):
        raise UsageError(f"--autolab-stage {given!r}: there are {', '.join(Stage)}")
    return None if given is None else Stage(given)


def _reports(item: AutolabItem) -> Iterator[pytest.TestReport]:
    from autolab_core.vocab.states import Verdict

    start, began = time.time(), time.perf_counter()
    answer = item.answer()
    seconds = time.perf_counter() - began
    common: dict[str, Any] = {
        "nodeid": item.nodeid,
        "location": item.location,
        "keywords": {item.name: 1, _NAME: 1},
        "start": start,
        "stop": start + seconds,
    }
    passed, failed, skipped = _OUTCOMES
    outcomes = {Verdict.PASS: passed, Verdict.FAIL: failed, Verdict.ERROR: failed, Verdict.SKIP: skipped}
    yield pytest.TestReport(
        outcome=outcomes[answer.verdict],
        # This is how pytest tells what could not be decided from what was decided.
        when="setup" if answer.verdict is Verdict.ERROR else "call",
        longrepr=(str(item.path), 0, f"Skipped: {answer.text}")
        if answer.verdict is Verdict.SKIP
        else answer.text or None,
        sections=[(_WARNINGS, answer.warnings)] if answer.warnings else [],
        duration=seconds,
        **common,
    )
    yield pytest.TestReport(outcome=passed, longrepr=None, when="teardown", **common)
