"""What a guarded run leaves behind does not lead those who write outside of the guard: script, supervisor, parser."""

from __future__ import annotations

import json
import sys

import pytest

from tests.integration.guard.test_guarded_runs import SPEC, TEXT, guarded, launched, report

# Says of each attempt how it ended. The logs hold what others write, so all of these have to be refused.
LOGS = """\
attempt() {
  if sh -c "$2" 2>> "$AUTOLAB_RUN_DIR/why"; then echo "$1: worked"; else echo "$1: refused"; fi
}
cd "$AUTOLAB_RUN_DIR"
{
  attempt 'link the temporary marker' 'ln -s "$SPEC" logs/.exit.json.tmp'
  attempt 'make a folder of it' 'mkdir logs/.exit.json.tmp'
  attempt 'link what a signal writes' 'ln -s "$SPEC" logs/signal.json'
  attempt 'link what a look writes' 'ln -s "$SPEC" logs/scheduler.jsonl'
  attempt 'claim an end' 'echo "{}" > logs/exit.json'
  attempt 'take the start back' 'rm logs/start.json'
  attempt 'replace the log' 'rm logs/stdout.log'
  attempt 'move the logs' 'mv logs old'
  attempt 'remove the logs' 'rm -r logs'
  attempt 'move the run' 'mv "$AUTOLAB_RUN_DIR" "$AUTOLAB_RUN_DIR.old"'
  attempt 'mount over the logs' 'unshare -rm mount --bind "$SPEC" logs/stdout.log'
} > attempts
"""
# The launch writes too, once the run has begun; this is the last of it.
LAUNCHED = """until grep -q '"verifier_snapshot": {' "$AUTOLAB_RUN_DIR/run_manifest.json"; do sleep 0.1; done"""
# The run's own folder is its own: a link may lie there, and whoever writes must not follow it.
METRICS = """\
cd "$AUTOLAB_RUN_DIR"
ln -s "$SPEC" metrics.json
for number in $(seq 1 300); do ln -s "$SPEC" .metrics.json.$number.tmp; done
"""


def planting(lab, body: str, code: int = 0):
    return guarded(lab, f'export SPEC="$PWD/{SPEC}"\n{body}\nexit {code}')


@pytest.mark.parametrize("code", [0, 7])
def test_a_command_cannot_touch_what_is_written_about_it(lab, code):
    launched(planting(lab, LOGS, code))

    attempts = (lab.run / "attempts").read_text().splitlines()
    assert len(attempts) == LOGS.count("  attempt ")
    assert [each for each in attempts if not each.endswith(": refused")] == []
    assert (lab.root / SPEC).read_text() == TEXT
    exit_marker = lab.json(lab.run / "logs/exit.json")
    assert (exit_marker["token"], exit_marker["exit_code"]) == (lab.manifest()["submission"]["token"], code)
    assert lab.json(lab.run / "logs/start.json")["token"] == exit_marker["token"]


def test_results_are_written_in_the_place_of_a_link_that_the_run_left(lab):
    launched(planting(lab, METRICS))
    for _ in range(3):
        lab.fork("run")

    assert (lab.root / SPEC).read_text() == TEXT
    assert not (lab.run / "metrics.json").is_symlink()
    assert lab.json(lab.run / "metrics.json")["primary_metric"]["value"] == 2.0


@pytest.mark.parametrize("name", ["artifacts.sha256", "verification_result.json"])
def test_a_record_that_is_a_link_is_refused_in_one_line(lab, name):
    launched(planting(lab, f'{LAUNCHED}; ln -sf "$SPEC" "$AUTOLAB_RUN_DIR/{name}"'))

    said = [answer for _ in range(3) if (answer := lab.fork("run")).code]

    assert said
    assert f"{name}: cannot be written: it is a symbolic link" in said[0].stderr
    assert said[0].stderr.count("\n") == 1
    assert (lab.root / SPEC).read_text() == TEXT


def test_a_manifest_that_is_a_link_is_refused_in_one_line(lab):
    forge = 'rm -f "$AUTOLAB_RUN_DIR/run_manifest.json"; ln -s "$SPEC" "$AUTOLAB_RUN_DIR/run_manifest.json"'
    planting(lab, f"{LAUNCHED}; {forge}")
    assert lab.fork("launch", "--json").code == 0
    lab.job_ended()

    answer = lab.fork("run")

    assert answer.code != 0
    assert "run_manifest.json" in answer.stderr, answer
    assert "Traceback" not in answer.stderr
    assert (lab.root / SPEC).read_text() == TEXT


FORGE = """\
import json, os
path = os.environ["AUTOLAB_RUN_DIR"] + "/run_manifest.json"
manifest = json.load(open(path))
manifest.update(json.load(open("lies.json")))
os.replace(path, path + ".old")
json.dump(manifest, open(path, "w"))
"""


@pytest.mark.parametrize(
    ("lies", "rule", "words"),
    [
        ({"guard": None}, "SG001", "says nothing of the guard"),
        ({"command": "python -m pkg.train --honest"}, "SG009", "when it was launched"),
    ],
)
def test_a_manifest_that_lies_is_held_against_what_it_could_not_write(lab, lies, rule, words):
    planting(lab, f"{LAUNCHED}; {sys.executable} forge.py || exit 9")
    lab.write("forge.py", FORGE)
    lab.write("lies.json", json.dumps(lies))
    assert lab.fork("launch", "--json").code == 0
    lab.job_ended()

    said = [lab.fork("run").stdout for _ in range(2)]

    assert "does not verify: " in said[-1], said
    assert words in report(lab)[rule][0]


def test_a_command_writes_its_standard_streams_and_its_own_folders(lab):
    body = "echo seen; echo again >> /dev/stdout; echo told >&2; echo 1 > outputs/one; mkdir more; echo 2 > more/two"
    launched(planting(lab, f'cd "$AUTOLAB_RUN_DIR"; {body}'))
    for _ in range(2):
        lab.fork("run")

    assert lab.log("stdout.log") == "seen\nagain\n"
    assert lab.log("stderr.log").splitlines()[-1] == "told"
    assert (lab.run / "outputs/one").exists()
    assert (lab.run / "more/two").exists()
    assert lab.manifest()["status"] == "completed"
