"""A small real repository to launch in, and the means to run the real commands on it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from autolab_core.api import approve
from autolab_core.stages.init import init

ITERATION = "iter_001"
FOLDER = f"experiments/plan/{ITERATION}"
DEADLINE = 30.0
LAUNCH_TO_EXTRACT = {"launch", "slurm_monitor", "extract_results"}

# The job appends a line to a file of ours at each start; what it does then is the test's business.
_JOB = """\
echo "$AUTOLAB_RUN_ID" >> "$STARTS"
{body}
"""
_EXTRACT = """\
import json, sys
run_id, path = sys.argv[1:]
open("extractions.log", "a").write(run_id + "\\n")
metrics = {
    "schema_version": "1.0", "iteration_id": "iter_001", "run_id": run_id, "status": "completed",
    "primary_metric": {"name": "distance", "value": 2.0, "delta_vs_baseline": 1.0},
    "baseline_results": [{"name": "plain", "value": 1.0}],
    "variant_results": [{"name": "drift", "value": 2.0}],
    "aggregation_method": "mean",
}
json.dump(metrics, open(path, "w"))
"""
_DESIGN = """\
schema_version: "1.0"
id: e_iter_001
iteration_id: iter_001
hypothesis_id: h_iter_001
entrypoint: {{cli: {cli}}}
compute: {{{location}walltime_estimate: "{walltime}", memory_estimate: 1G, cpus: 1}}
metrics:
  primary: {{name: distance, unit: steps, mode: maximize}}
  aggregation: mean
baselines: [{{name: plain, description: without drift}}]
variants: [{{name: drift, changes: {{drift: 0.1}}}}]
extract_parser: {{kind: command, command: "{parser}"}}
"""
_ENVIRONMENT = """\
# The environment

```bash activate
{activation}
```
"""
# What the launch asks the project's `python`, answered without starting one.
_PYTHON_SHIM = f"""\
#!/bin/sh
[ "$1" = -c ] || exec {sys.executable} "$@"
echo '{{"python": "3.11.0", "platform": "test", "packages": 0, "packages_sha256": "{"0" * 64}"}}'
"""


class Answer(NamedTuple):
    """How a command ended and what it said. ``effects`` are the labels of what it did, where it was counted."""

    code: int
    stdout: str
    stderr: str
    effects: tuple[str, ...] = ()

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)


def wait_until(condition: Callable[[], Any], what: str, seconds: float = DEADLINE) -> Any:
    """The first true answer of *condition*, asked often; fails naming *what* when it does not come in time."""
    until = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < until, f"not within {seconds} s: {what}"
        time.sleep(0.02)
    return answer


class Zygote:
    """The driver process; each ``run`` is a fork of it, so a process of its own."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("driver.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, request: Mapping[str, Any]) -> int:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(request) + "\n")
        stdin.flush()
        stdout.readline()
        return int(json.loads(stdout.readline())["code"])

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(10)


class Lab:
    """The repository at ``root``; ``outside`` is a folder beside it for what the commands' own record is not about."""

    def __init__(self, root: Path, zygote: Zygote, outside: Path | None = None) -> None:
        self.root = root
        self.zygote = zygote
        self.outside = outside or root.parent / f"{root.name}.outside"
        self.bin = self.outside / "bin"
        self.bin.mkdir(parents=True, exist_ok=True)
        self.program("python", _PYTHON_SHIM)

    def program(self, name: str, text: str) -> None:
        """Put *name* on the PATH of everything that runs here."""
        path = self.bin / name
        path.write_text(text)
        path.chmod(0o755)

    def write(self, path: str, text: str | bytes) -> None:
        """Replace the repository's file *path*."""
        (self.root / path).write_bytes(text.encode() if isinstance(text, str) else text)

    def replace(self, path: str, old: str, new: str) -> None:
        """Replace *old*, which is there, in the repository's file *path*."""
        text = (self.root / path).read_text()
        assert old in text
        self.write(path, text.replace(old, new))

    # --- making it

    def make(
        self,
        body: str = "",
        *,
        walltime: str = "00:01:00",
        cli: str = "sh job.sh",
        location: str = "location: local, ",
        activation: str = ":",
        parser: str = "{python} extract.py {{run_id}} {{metrics_path}}",
    ) -> Lab:
        """A fresh, approved repository whose job runs *body* (sh)."""
        init(self.root)
        (self.root / "job.sh").write_text(_JOB.format(body=body))
        (self.root / "extract.py").write_text(_EXTRACT)
        design = _DESIGN.format(
            cli=json.dumps(cli), walltime=walltime, location=location, parser=parser.format(python=sys.executable)
        )
        (self.root / FOLDER / "design.yaml").write_text(design)
        (self.root / "docs/environment.md").write_text(_ENVIRONMENT.format(activation=activation))
        self.approve()
        return self

    def approve(self) -> None:
        approve(self.root, who="ada")

    def copy(self, name: str) -> Lab:
        """A copy of everything, in a new place."""
        root = self.root.parent / name
        shutil.copytree(self.root, root, symlinks=True)
        lab = Lab(root, self.zygote)
        if self.starts():
            shutil.copy(self.outside / "starts.log", lab.outside)
        return lab

    def remove(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.rmtree(self.outside, ignore_errors=True)

    # --- running commands

    @property
    def env(self) -> dict[str, str]:
        path = f"{self.bin}{os.pathsep}{os.environ['PATH']}"
        starts = str(self.outside / "starts.log")
        return {**os.environ, "PATH": path, "PYTHONDONTWRITEBYTECODE": "1", "STARTS": starts}

    def fork(
        self,
        *argv: str,
        counted: bool = False,
        kill_at: int | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> Answer:
        """Run ``autolab *argv*`` in a process of its own to its end."""
        out, err, labels = (self.outside / name for name in ("out", "err", "labels"))
        code = self.zygote.run(
            {
                "argv": list(argv),
                "env": {**self.env, **(env or {})},
                "cwd": str(cwd or self.root),
                "stdout": str(out),
                "stderr": str(err),
                "labels": str(labels) if counted or kill_at else "",
                "kill_at": kill_at,
            }
        )
        effects = tuple(labels.read_text().splitlines()) if counted or kill_at else ()
        return Answer(code, out.read_text(), err.read_text(), effects)

    def start(self, *argv: str, env: Mapping[str, str] | None = None, **options: Any) -> subprocess.Popen[str]:
        """Start ``python -m autolab_cli *argv*`` and return at once."""
        return self.spawn(sys.executable, "-m", "autolab_cli", *argv, env=env, **options)

    def shell(self, line: str) -> Answer:
        """Run *line* in bash to its end; ``$autolab`` in it is the command."""
        autolab = f'"{sys.executable}" -m autolab_cli'
        return finish(self.spawn("bash", "-c", line.replace("$autolab", autolab)))

    def spawn(self, *argv: str, env: Mapping[str, str] | None = None, **options: Any) -> subprocess.Popen[str]:
        """Start *argv* in the repository."""
        return subprocess.Popen(
            argv,
            **{
                "cwd": self.root,
                "env": {**self.env, **(env or {})},
                "stdin": subprocess.DEVNULL,
                "stdout": subprocess.PIPE,
                "stderr": subprocess.PIPE,
                "text": True,
                **options,
            },
        )

    def cli(self, *argv: str, env: Mapping[str, str] | None = None, **options: Any) -> Answer:
        """Run ``python -m autolab_cli *argv*`` to its end."""
        return finish(self.start(*argv, env=env, **options))

    def finish_iteration(self, calls: int = 40) -> list[Answer]:
        """``autolab run`` again and again until the iteration is handed over; no file is ever half written."""
        answers = []
        for _ in range(calls):
            stage = self.state()["stage"]
            if stage == "update_docs":
                return answers
            assert stage in LAUNCH_TO_EXTRACT, answers[-2:]
            answers.append(self.fork("run", "--json"))
            assert answers[-1].code in (0, 1), answers[-1].stderr
            self.check_files()
            if answers[-1].json["outcome"] == "stay":
                time.sleep(0.05)
        raise AssertionError(f"not at update_docs after {calls} calls: {answers[-3:]}")

    # --- looking at it

    def json(self, path: str | Path) -> Any:
        return json.loads((self.root / path).read_text())

    def state(self) -> Any:
        return self.json(".autolab/state.json")

    def run_ids(self) -> list[str]:
        runs = self.root / FOLDER / "runs"
        return sorted(path.name for path in runs.iterdir()) if runs.is_dir() else []

    @property
    def run(self) -> Path:
        """The folder of the only run."""
        (run_id,) = self.run_ids()
        return self.root / FOLDER / "runs" / run_id

    def manifest(self) -> Any:
        return self.json(self.run / "run_manifest.json")

    def log(self, name: str) -> str:
        return (self.run / "logs" / name).read_text()

    def starts(self) -> list[str]:
        return self._lines(self.outside / "starts.log")

    def extractions(self) -> list[str]:
        return self._lines(self.root / "extractions.log")

    def _lines(self, path: Path) -> list[str]:
        return path.read_text().splitlines() if path.exists() else []

    def started(self) -> None:
        """Wait until the job has begun."""
        wait_until(self.starts, "the job starts")

    def job_ended(self) -> None:
        """Wait until the job has written its exit marker."""
        wait_until((self.run / "logs/exit.json").exists, "the job ends")

    def ended(self) -> None:
        """Wait until no process of this repository is left."""
        wait_until(lambda: not self.processes(), "every process ends")

    def check_json(self) -> None:
        """Every JSON document is whole. A start marker may be empty for the moment in which the script writes it."""
        for path in self.root.rglob("*.json"):
            with contextlib.suppress(FileNotFoundError):
                text = path.read_text()
                if not (path.name == "start.json" and not text):
                    json.loads(text)

    def check_files(self) -> None:
        """What must hold at every moment: whole documents, and no result without an exit marker."""
        self.check_json()
        for metrics in self.root.glob(f"{FOLDER}/runs/*/metrics.json"):
            if json.loads(metrics.read_text())["status"] == "completed":
                assert (metrics.parent / "logs/exit.json").exists()

    def hashes(self, below: str = ".") -> dict[str, str]:
        """Path to content hash of every file *below*."""
        return {
            path.relative_to(self.root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted((self.root / below).rglob("*"))
            if path.is_file()
        }

    def processes(self) -> list[int]:
        """The processes that work in this repository, or have it on their command line."""
        found = []
        own = os.fsencode(str(self.root))
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            with contextlib.suppress(OSError):
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
                words = (entry / "cmdline").read_bytes().split(b"\0")
                cwd = os.fsencode(os.readlink(entry / "cwd"))
                inside = any(w == own or w.startswith(own + b"/") for w in (*words, cwd))
                if inside and state not in "ZX":
                    found.append(int(entry.name))
        return found

    def kill_left_over(self) -> list[int]:
        """End what a test left running; the pids."""
        left = self.processes()
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return left


def finish(process: subprocess.Popen[str], timeout: float = 60.0) -> Answer:
    """The end of a command that was started."""
    stdout, stderr = process.communicate(timeout=timeout)
    return Answer(process.returncode, stdout or "", stderr or "")


def labs(folder: Path, zygote: Zygote) -> Iterator[Lab]:
    """A lab for a test; no process may be left behind at its end."""
    root = folder / "lab"
    lab = Lab(root, zygote)
    yield lab
    until = time.monotonic() + 5
    while lab.processes() and time.monotonic() < until:
        time.sleep(0.02)
    assert lab.kill_left_over() == []


def assert_one_line(answer: Answer, *words: str, code: int = 2) -> None:
    """The command said why it could not, in one line on standard error, and ended with *code*."""
    assert "Traceback" not in answer.stderr + answer.stdout, answer.stderr
    assert answer.code == code, answer
    assert len(answer.stderr.splitlines()) == 1, answer
    for word in words:
        assert word in answer.stderr, answer.stderr
