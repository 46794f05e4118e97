"""A repository with one small experiment, and the command that carries it out, in processes of their own.

It lies below /srv or /var/tmp: the guard gives a command a /tmp of its own.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ID = "exp-001-small"
SPEC = f"experiments/{ID}.md"
RESULTS = f"results/{ID}"
ROLES = ("QUESTIONS.md", "HANDOFF.md", "RESEARCH_LOG.md", "program_state.json")
RECORD = f".autolab/experiments/{ID}"

# What a run does is written in a file, so that a test can change it for one seed or arm.
TRAIN = '''\
"""Print the numbers of one run, after doing what `behaviour.json` says for this arm and seed."""

import json
import os
import signal
import subprocess
import sys
import time

rate, seed = float(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None
arm = {0.0: "baseline", 0.5: "treatment"}.get(rate, "check")


def say(**values):
    print(json.dumps(values), flush=True)


with open("behaviour.json") as file:
    behaviour = json.load(file)
told = {**behaviour.get("always", {}), **behaviour.get(arm, {}), **behaviour.get(f"{arm} {seed}", {})}
say(config={"rate": rate, "width": 8})
say(steps=10)
if "lines" in told:
    for line in told["lines"]:
        os.write(1, line.encode("utf-8", "surrogateescape") + b"\\n")
for path in told.get("write", ()):
    try:
        with open(path, "a") as file:
            file.write("changed\\n")
    except OSError as error:
        print(f"refused {path}: {error.strerror}", file=sys.stderr, flush=True)
if "tree" in told:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    subprocess.Popen(["sh", "-c", "trap '' TERM INT; sleep 300 & wait"], stdout=subprocess.DEVNULL)
if "loss" in told or not told.get("silent"):
    value = told.get("loss", round(1.0 - rate + 0.01 * float(seed or 0), 6))
    say(loss=value) if seed is None else say(loss=value, seed=int(seed))
if "once" in told and not os.path.exists(told["once"]):
    with open(told["once"], "w") as file:
        file.write("seen")
    time.sleep(300)
time.sleep(told.get("sleep", 0))
sys.exit(told.get("exit", 0))
'''

TEXT = """\
# {id}: A small experiment

## Hypothesis

The loss is lower.

## Independent Variables

- `rate`: baseline `0.0`, treatment `0.5`

## Controls

- `width`: `8`

## Metrics

### Primary

- `loss` (nats, minimize, mean): What is minimised.

## Baselines

- `loss`: 1.005 ± 0.02 (source: by hand)

## Success Criteria

- `loss`: treatment - baseline <= -0.1

{mve}## Full Protocol

```yaml protocol
sanity:
  import: {python} -m py_compile train.py
  tests: {python} -c pass
  one_step: {python} train.py 9 0
baseline: {python} train.py {{rate}} {{seed}}
{mve_command}treatment: {python} train.py {{rate}} {{seed}}
{more}```

## Seeds

- 0, 1

## Resource Budget

- tier: small
- wall clock: {wall}
- training runs: {runs}

## Abort Criteria

- `loss` > 100
- `loss` is not finite
- time per run > {limit} (assumes 100 rows)

## Confounds

- None is known.
"""


def spec_text(**values: Any) -> str:
    """The spec; *values* replace what its template leaves open."""
    known = {
        "id": ID,
        "python": sys.executable,
        "mve": "",
        "mve_command": "",
        "more": "",
        "wall": "1 h",
        "runs": 20,
        "limit": "60 s",
    }
    return TEXT.format(**{**known, **values})


class Laboratory:
    """The repository at *root*, and everything a test does with it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.said: Any = None

    @classmethod
    def make(cls, root: Path, **values: Any) -> Laboratory:
        """A new one at *root*; *values* as for ``spec_text``."""
        made = cls(root)
        (root / ".autolab").mkdir(parents=True)
        (root / "experiments").mkdir()
        (root / SPEC).write_text(spec_text(**values))
        (root / "train.py").write_text(TRAIN)
        made.behave({})
        for name in ROLES:
            (root / name).write_text("{}\n")
        (root / "results/exp-000-before").mkdir(parents=True)
        (root / "results/exp-000-before/metrics.json").write_text("{}\n")
        for words in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", "The beginning")):
            subprocess.run(("git", *words), cwd=root, check=True)
        return made

    def copy(self, root: Path) -> Laboratory:
        """The same at *root*, as far as it got."""
        shutil.copytree(self.root, root, symlinks=True)
        return Laboratory(root)

    def behave(self, behaviour: dict[str, Any]) -> None:
        """Say what runs do, by arm ("treatment"), by run ("treatment 1") or always."""
        (self.root / "behaviour.json").write_text(json.dumps(behaviour))

    def argv(self, *words: str) -> list[str]:
        return [sys.executable, "-P", "-m", "autolab_cli", "experiment", *words]

    def start(self, *words: str, **options: Any) -> subprocess.Popen[str]:
        """``autolab experiment`` with *words*, not waited for."""
        piped = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(
            self.argv(*words), cwd=self.root, text=True, errors="backslashreplace", **{**piped, **options}
        )

    def do(self, *words: str, timeout: float = 180) -> subprocess.CompletedProcess[str]:
        """The same, to its end."""
        with self.start(*words) as child:
            try:
                stdout, stderr = child.communicate(timeout=timeout)
            finally:
                child.kill()
        return subprocess.CompletedProcess(child.args, child.returncode, stdout, stderr)

    def run(self, *more: str) -> subprocess.CompletedProcess[str]:
        """``autolab experiment run`` with the spec."""
        return self.do("run", SPEC, *more)

    def json(self, path: str) -> Any:
        return json.loads((self.root / path).read_text())

    @property
    def metrics(self) -> Any:
        return self.json(f"{RESULTS}/metrics.json")

    @property
    def config(self) -> Any:
        return self.json(f"{RESULTS}/config.json")

    def journal(self, event: str | None = None) -> list[dict[str, Any]]:
        """The entries of the journal, or those of one event."""
        try:
            lines = (self.root / RECORD / "journal.jsonl").read_text().splitlines()
        except FileNotFoundError:
            return []
        entries = [json.loads(line) for line in lines if line.endswith("}")]
        return [each for each in entries if event is None or each["event"] == event]

    def wait_for(self, ready: Any, seconds: float = 60) -> Any:
        """What *ready* answers, once it answers something."""
        until = time.monotonic() + seconds
        while not (answer := ready()):
            assert time.monotonic() < until, f"nothing happened within {seconds} seconds"
            time.sleep(0.02)
        return answer

    def processes(self) -> list[int]:
        """The processes that run our training, or that sleep for it."""
        return [pid for pid in _pids() if self._ours(pid)]

    def _ours(self, pid: int) -> bool:
        try:
            return os.path.realpath(f"/proc/{pid}/cwd") == str(self.root) and pid != os.getpid()
        except OSError:
            return False

    def kill(self, child: subprocess.Popen[str]) -> None:
        """Kill the command and nothing else, and wait until all that it had started is gone."""
        os.kill(child.pid, signal.SIGKILL)
        child.communicate()
        self.wait_for(lambda: not self.processes())


def _pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]
