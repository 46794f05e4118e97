"""Where things lie in a user's repository. The only module that knows file names.

Every path here is a POSIX path relative to the repository's root. Nothing is opened.
"""

from __future__ import annotations

from typing import Final

from autolab_core.vocab.ids import check_id

__all__ = [
    "AUTOLAB",
    "AUTOLAB_CONTROL",
    "AUTOLAB_REWRITES",
    "BACKLOG",
    "CLOUD_RUN",
    "DATA",
    "DONE",
    "EDIT_DIRS",
    "ENVIRONMENT",
    "EXPERIMENTS",
    "EXPERIMENT_RECORDS",
    "GUARD",
    "GUARD_AGENT_POLICY",
    "GUARD_MODES",
    "HANDOFF",
    "HARNESS_SETTINGS",
    "LEDGER",
    "LEDGER_LOCK",
    "LEDGER_SCRIPT",
    "LEDGER_SEAL",
    "LINE_LIMITS",
    "ORCHESTRATION",
    "POLICY",
    "PROGRAM_STATE",
    "PROMPTS",
    "PROMPTS_LOCK",
    "PROMPTS_RENDERED",
    "PROMPTS_SHARED",
    "PROMPTS_SHIPPED",
    "PYPROJECT",
    "QUESTIONS",
    "RESEARCH_LOG",
    "RESULTS",
    "SCHEMAS",
    "STAGE_LOCK",
    "STATE",
    "STATE_LOCK",
    "TODO_FOCUS",
    "VERIFICATION_RESULT",
    "ExperimentPaths",
    "IterationPaths",
    "RunPaths",
    "experiment_number",
    "experiment_results",
    "experiment_spec",
    "finished_results",
    "guard_launched",
    "guard_policy",
    "guard_record",
    "iteration_candidates",
    "prompt_template",
    "rendered_context",
    "rendered_prompt",
    "schema_file",
]

AUTOLAB: Final = ".autolab"
STATE: Final = ".autolab/state.json"
BACKLOG: Final = ".autolab/backlog.yaml"
TODO_FOCUS: Final = ".autolab/todo_focus.json"
LINE_LIMITS: Final = ".autolab/experiment_file_line_limits.yaml"
POLICY: Final = ".autolab/verifier_policy.yaml"
PYPROJECT: Final = "pyproject.toml"
SCHEMAS: Final = ".autolab/schemas"
VERIFICATION_RESULT: Final = ".autolab/verification_result.json"
STAGE_LOCK: Final = ".autolab/locks/stage.lock"
STATE_LOCK: Final = ".autolab/locks/state.lock"
PROMPTS: Final = ".autolab/prompts"
PROMPTS_SHARED: Final = ".autolab/prompts/shared"
PROMPTS_RENDERED: Final = ".autolab/prompts/rendered"
# What `autolab init` wrote there, by its hashes: what differs was edited by somebody.
PROMPTS_SHIPPED: Final = ".autolab/prompts/shipped.json"
PROMPTS_LOCK: Final = ".autolab/locks/prompts.lock"
EXPERIMENTS: Final = "experiments"
ENVIRONMENT: Final = "docs/environment.md"
LEDGER: Final = "docs/slurm_job_list.md"
LEDGER_LOCK: Final = ".autolab/locks/ledger.lock"
LEDGER_SCRIPT: Final = "scripts/slurm_job_list.py"
LEDGER_SEAL: Final = ".autolab/locks/ledger.seal"
GUARD: Final = ".autolab/guard"
GUARD_AGENT_POLICY: Final = ".autolab/guard/agent.policy.json"
# What guards that enforce nothing have taken the write permission from, a note each.
GUARD_MODES: Final = ".autolab/guard/modes"
# What Autolab itself replaces below its folder while a command runs.
AUTOLAB_REWRITES: Final = (STATE, VERIFICATION_RESULT, ".autolab/locks", GUARD, PROMPTS_RENDERED)
# By what stands here runs are judged and agents are told what to do; nothing but a person changes it.
AUTOLAB_CONTROL: Final = (POLICY, LINE_LIMITS, SCHEMAS, PROMPTS, GUARD_AGENT_POLICY)
RESULTS: Final = "results"
# Where data lies by custom, and the program that sends an experiment to another machine.
DATA: Final = "data"
CLOUD_RUN: Final = "tools/cloud-run"
# What was put on record of each experiment while it was carried out.
EXPERIMENT_RECORDS: Final = ".autolab/experiments"
# Where agents' harnesses are told of the hook: in the repository, and in the same places in the user's home.
HARNESS_SETTINGS: Final = (
    ".claude/settings.json",
    ".claude/settings.local.json",
    ".codex/config.toml",
    ".codex/hooks.json",
)
RESEARCH_LOG: Final = "RESEARCH_LOG.md"
QUESTIONS: Final = "QUESTIONS.md"
HANDOFF: Final = "HANDOFF.md"
PROGRAM_STATE: Final = "program_state.json"

# Where an agent may edit, beside the iteration's own folder, when the policy does not say otherwise.
EDIT_DIRS: Final = ("scripts", "src", AUTOLAB, "docs")
# The harness's own code, where a repository has it.
ORCHESTRATION: Final = "autolab"

_FOLDERS: Final = ("", "plan/", "in_progress/", "done/")
# Where iterations lie that are over.
DONE: Final = f"{EXPERIMENTS}/done"


def iteration_candidates(iteration_id: str) -> tuple[str, ...]:
    """The folders where an iteration may lie: directly below ``experiments/`` or below one of its status folders."""
    check_id("iteration id", iteration_id)
    return tuple(f"{EXPERIMENTS}/{folder}{iteration_id}" for folder in _FOLDERS)


def experiment_spec(number: int, name: str) -> str:
    """The spec of the experiment *number* (from 1), which is called *name*."""
    return f"{EXPERIMENTS}/exp-{number:03d}-{name}.md"


def experiment_number(name: str) -> int | None:
    """The number in *name*, of a spec or a folder of results (``exp-012-name.md``, ``exp-012``); None without one."""
    start, _, rest = name.removesuffix(".md").partition("-")
    number, hyphen, what = rest.partition("-")
    good = start == "exp" and number.isascii() and number.isdigit() and 3 <= len(number) <= 9 and (what or not hyphen)
    return int(number) if good else None


def experiment_results(spec: str) -> str:
    """Where the experiment of *spec* writes its results: ``results/`` and the spec's own name without its suffix."""
    return f"{RESULTS}/{spec.rpartition('/')[2].rpartition('.')[0] or spec.rpartition('/')[2]}"


def finished_results(name: str) -> str:
    """The file that an experiment's results folder *name* (``exp-001``) holds once the experiment is finished."""
    return f"{RESULTS}/{name}/metrics.json"


def guard_record(run_id: str) -> str:
    """What the guard of a run saw: its record, outside of everything that the run may write. Raises UsageError."""
    return f"{GUARD}/{check_id('run id', run_id)}.json"


def guard_policy(run_id: str) -> str:
    """The policy that a run is guarded by. Raises UsageError when *run_id* is not a safe id."""
    return f"{GUARD}/{check_id('run id', run_id)}.policy.json"


def prompt_template(name: str) -> str:
    """The repository's own template of the prompt *name*, a stage's (``launch``) or ``run_experiment``."""
    return f"{PROMPTS}/stage_{name}.md"


def rendered_prompt(stage: str) -> str:
    """The last prompt that was rendered for *stage*."""
    return f"{PROMPTS_RENDERED}/{stage}.md"


def rendered_context(stage: str) -> str:
    """The context that belongs to ``rendered_prompt``."""
    return f"{PROMPTS_RENDERED}/{stage}.context.json"


def guard_launched(run_id: str) -> str:
    """What the launch of a guarded run wrote down of it, where the run cannot. Raises UsageError."""
    return f"{GUARD}/{check_id('run id', run_id)}.launched.json"


def schema_file(name: str) -> str:
    """The repository's own copy of the schema *name* (``run_manifest``)."""
    return f"{SCHEMAS}/{name}.schema.json"


class _Paths:
    """A folder whose files have names. A plain class: every command defines it, and a NamedTuple costs more."""

    __slots__ = ("folder",)

    def __init__(self, folder: str) -> None:
        self.folder: Final = folder


class IterationPaths(_Paths):
    """The files of one iteration, given its folder."""

    __slots__ = ()

    @property
    def design(self) -> str:
        return f"{self.folder}/design.yaml"

    @property
    def review(self) -> str:
        return f"{self.folder}/review_result.json"

    @property
    def run_local(self) -> str:
        return f"{self.folder}/launch/run_local.sh"

    @property
    def run_slurm(self) -> str:
        return f"{self.folder}/launch/run_slurm.sbatch"

    @property
    def runs(self) -> str:
        return f"{self.folder}/runs"

    @property
    def summary(self) -> str:
        return f"{self.folder}/analysis/summary.md"

    @property
    def decision(self) -> str:
        return f"{self.folder}/decision_result.json"

    def run(self, run_id: str) -> RunPaths:
        """The files of one run. Raises UsageError when *run_id* is not a safe id."""
        return RunPaths(f"{self.folder}/runs/{check_id('run id', run_id)}")


class RunPaths(_Paths):
    """The files of one run, given its folder."""

    __slots__ = ()

    def sibling(self, run_id: str) -> RunPaths:
        """The files of another run of the same iteration. Raises UsageError when *run_id* is not a safe id."""
        return RunPaths(f"{self.folder.rpartition('/')[0]}/{check_id('run id', run_id)}")

    @property
    def manifest(self) -> str:
        return f"{self.folder}/run_manifest.json"

    @property
    def metrics(self) -> str:
        return f"{self.folder}/metrics.json"

    @property
    def checksums(self) -> str:
        """The run's checksum list: what it left behind, in the format of ``sha256sum``."""
        return f"{self.folder}/artifacts.sha256"

    @property
    def script(self) -> str:
        """The run's own copy of its launch script, and what is executed; the next launch replaces the iteration's."""
        return f"{self.folder}/run_local.sh"

    @property
    def batch_script(self) -> str:
        """The run's own copy of its batch script, and what is submitted."""
        return f"{self.folder}/run_slurm.sbatch"

    @property
    def logs(self) -> str:
        return f"{self.folder}/logs"

    @property
    def outputs(self) -> str:
        """Where a guarded run writes what it makes; at some levels nothing new can be made beside it."""
        return f"{self.folder}/outputs"

    @property
    def verification(self) -> str:
        """The copy of the last verification that judged this run."""
        return f"{self.folder}/verification_result.json"

    @property
    def run_lock(self) -> str:
        """Held by whoever starts the run, then by its supervisor and every process of the run."""
        return f"{self.folder}/logs/run.lock"

    @property
    def start_marker(self) -> str:
        """Written by the job itself before its command."""
        return f"{self.folder}/logs/start.json"

    @property
    def exit_marker(self) -> str:
        """Written by the job itself when its command has ended. Without it nothing is a result."""
        return f"{self.folder}/logs/exit.json"

    @property
    def signal_marker(self) -> str:
        """Written by a Slurm job that was told to stop (TERM or INT), before it ends."""
        return f"{self.folder}/logs/signal.json"

    @property
    def answers(self) -> str:
        """What a scheduler said about the run, look by look, for `autolab monitor --replay`."""
        return f"{self.folder}/logs/scheduler.jsonl"

    @property
    def supervision(self) -> str:
        """Written by the supervisor: its pid, and each signal it sent with the reason."""
        return f"{self.folder}/logs/supervisor.json"

    @property
    def supervisor_log(self) -> str:
        """What the supervisor says when it cannot do its work, and what the script says before its own log is open."""
        return f"{self.folder}/logs/supervisor.log"

    @property
    def cancel_request(self) -> str:
        """Written by ``autolab cancel``; the supervisor acts on it."""
        return f"{self.folder}/logs/cancel.json"

    def unsettled(self) -> frozenset[str]:
        """Names, relative to the run's folder, of files that may still change once the run has its results.

        Ours are rewritten by each verification or look; a lock, and what the supervisor and ``autolab cancel`` write,
        are about processes, and where locks are not seen by every machine they may be written late.
        """
        ours = (self.manifest, self.verification, self.checksums, self.answers)
        of_processes = (self.run_lock, self.cancel_request, self.supervision, self.supervisor_log)
        return frozenset(path.removeprefix(f"{self.folder}/") for path in (*ours, *of_processes))

    def log(self, name: str) -> str:
        return f"{self.folder}/logs/{name}"


class ExperimentPaths(_Paths):
    """The files of one experiment. ``folder`` is where its results go; its record lies outside, below ``.autolab``.

    *folder*: where the results lie that others wrote of it, if not where ours go.
    """

    __slots__ = ("id", "spec")

    def __init__(self, spec: str, folder: str | None = None) -> None:
        usual = experiment_results(spec)
        super().__init__(folder or usual)
        self.spec: Final = spec
        self.id: Final = usual.rpartition("/")[2]

    @property
    def metrics(self) -> str:
        return f"{self.folder}/metrics.json"

    @property
    def config(self) -> str:
        return f"{self.folder}/config.json"

    @property
    def record(self) -> str:
        """The folder of its record: no command of the experiment may write it."""
        return f"{EXPERIMENT_RECORDS}/{self.id}"

    @property
    def journal(self) -> str:
        return f"{self.record}/journal.jsonl"

    @property
    def lock(self) -> str:
        """Held by the process that carries it out. Its name is one that repositories do not keep."""
        return f"{self.record}/run.lock"

    @property
    def logs(self) -> str:
        """Where the output of its commands goes."""
        return f"{self.record}/logs"
