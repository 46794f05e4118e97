"""Where things lie in a user's repository. No module but this and ``experiment_layout`` knows file names.

Every path here is a POSIX path relative to the repository's root. Nothing is opened.
"""

from __future__ import annotations

from typing import Final

from autolab_core.vocab.ids import check_id

__all__ = [
    "AGENT_LOGS",
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
    "GUARD",
    "GUARD_AGENT_POLICY",
    "GUARD_MODES",
    "HANDOFF",
    "HANDOVER",
    "HANDOVER_BEFORE",
    "HARNESS_AGENT",
    "HARNESS_CLAUDE",
    "HARNESS_CODEX",
    "HARNESS_HOOK",
    "HARNESS_SETTINGS",
    "INCOMING",
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
    "REMOTE_PROFILES",
    "RESEARCH_LOG",
    "RESULTS",
    "SCHEMAS",
    "STAGE_LOCK",
    "STATE",
    "STATE_LOCK",
    "TODO_FOCUS",
    "VERIFICATION_RESULT",
    "IterationPaths",
    "Paths",
    "RunPaths",
    "guard_launched",
    "guard_policy",
    "guard_record",
    "incoming",
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
REMOTE_PROFILES: Final = ".autolab/remote_profiles.yaml"
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
# The stage that an agent has in hand, one that was set aside, and what agents' commands wrote.
HANDOVER: Final = ".autolab/handover.json"
HANDOVER_BEFORE: Final = ".autolab/agent/handover.before.json"
AGENT_LOGS: Final = ".autolab/agent"
# Where a run's files lie, a folder each, while they are brought home from another machine.
INCOMING: Final = ".autolab/incoming"
# What Autolab itself replaces below its folder while a command runs.
AUTOLAB_REWRITES: Final = (
    STATE,
    VERIFICATION_RESULT,
    ".autolab/locks",
    GUARD,
    PROMPTS_RENDERED,
    HANDOVER,
    AGENT_LOGS,
    INCOMING,
)
# By what stands here runs are judged and agents are told what to do; nothing but a person changes it.
AUTOLAB_CONTROL: Final = (POLICY, LINE_LIMITS, REMOTE_PROFILES, SCHEMAS, PROMPTS, GUARD_AGENT_POLICY)
RESULTS: Final = "results"
# Where data lies by custom, and the program that sends an experiment to another machine.
DATA: Final = "data"
CLOUD_RUN: Final = "tools/cloud-run"
# Where agents' harnesses are told of the hook: in the repository, and in the same places in the user's home.
HARNESS_CLAUDE: Final = ".claude/settings.json"
HARNESS_CODEX: Final = ".codex/config.toml"
# Two scripts for a harness that has no settings that are known: one judges a tool call, one runs a command guarded.
HARNESS_HOOK: Final = ".autolab/harness/hook"
HARNESS_AGENT: Final = ".autolab/harness/agent"
HARNESS_SETTINGS: Final = (
    HARNESS_CLAUDE,
    ".claude/settings.local.json",
    HARNESS_CODEX,
    ".codex/hooks.json",
    HARNESS_HOOK,
    HARNESS_AGENT,
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


def guard_record(run_id: str) -> str:
    """What the guard of a run saw: its record, outside of everything that the run may write. Raises UsageError."""
    return f"{GUARD}/{check_id('run id', run_id)}.json"


def guard_policy(run_id: str) -> str:
    """The policy that a run is guarded by. Raises UsageError when *run_id* is not a safe id."""
    return f"{GUARD}/{check_id('run id', run_id)}.policy.json"


def incoming(run_id: str) -> str:
    """Where the files of a run lie while they are brought home. Raises UsageError when *run_id* is not a safe id."""
    return f"{INCOMING}/{check_id('run id', run_id)}"


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


class Paths:
    """A folder whose files have names. A plain class: every command defines it, and a NamedTuple costs more."""

    __slots__ = ("folder",)

    def __init__(self, folder: str) -> None:
        self.folder: Final = folder


class IterationPaths(Paths):
    """The files of one iteration, given its folder."""

    __slots__ = ()

    @property
    def hypothesis(self) -> str:
        return f"{self.folder}/hypothesis.md"

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


class RunPaths(Paths):
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
    def far_checksums(self) -> str:
        """The checksum list that the other machine wrote, where the run's files came from one; kept as it came."""
        return f"{self.folder}/remote.sha256"

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
    def sent_patch(self) -> str:
        """What led from the commit to the tree that was sent to another machine."""
        return f"{self.folder}/sent.patch"

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

    @property
    def evidence(self) -> str:
        """What whoever worked on the run says that its files prove, with the checks that bear it out."""
        return f"{self.folder}/evidence.json"

    def unsettled(self) -> frozenset[str]:
        """Names, relative to the run's folder, of files that may still change once the run has its results.

        Ours are rewritten by each verification or look, and evidence is added as the work goes on; a lock, and what the
        supervisor and ``autolab cancel`` write, are about processes, and where locks are not seen by every machine they
        may be written late.
        """
        ours = (self.manifest, self.verification, self.checksums, self.answers, self.evidence)
        of_processes = (self.run_lock, self.cancel_request, self.supervision, self.supervisor_log)
        return frozenset(path.removeprefix(f"{self.folder}/") for path in (*ours, *of_processes))

    def log(self, name: str) -> str:
        return f"{self.folder}/logs/{name}"
