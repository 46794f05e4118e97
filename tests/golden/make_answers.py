"""Write the golden iteration's answers again: ``python -m tests.golden.make_answers`` from the root."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from autolab_core import api
from autolab_core.io.documents import dump_json
from autolab_core.vocab.states import Stage
from autolab_core.vocab.transitions import LEFT_BY_A_PERSON
from autolab_verifiers.builtin import BUILTIN, load
from autolab_verifiers.engine.verify import examine
from autolab_verifiers.report.formats import Answer, render_as

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "examples/golden_iteration"
ANSWERS = ROOT / "tests/golden/answers"
PROMPTS = ROOT / "tests/golden/prompts"
ITERATION = "iter_golden"
RUN = "20260201T120000Z_demo"


def answers(folder: Path) -> dict[str, bytes]:
    """File name to content: what a verification of a copy of the golden iteration, made in *folder*, answers.

    The copy makes the answers those of the files alone. The document's run block is of the moment and left out.
    """
    root = shutil.copytree(GOLDEN, folder / "golden")
    judgement = examine(root, stage=Stage.EXTRACT_RESULTS, iteration_id=ITERATION, run_id=RUN).judgement
    answer = Answer(judgement, str(root), lambda: [load(name) for name in BUILTIN])
    document = json.loads(render_as("json", answer))
    del document["run"]
    return {
        "answer.json": dump_json(document),
        "answer.sarif": render_as("sarif", answer),
        "answer.xml": render_as("junit", answer),
    }


def prompts(folder: Path) -> dict[str, bytes]:
    """File name to content: the shipped prompts of the golden run, rendered in a copy that is made in *folder*."""
    root = shutil.copytree(GOLDEN, folder / "golden")
    found = {}
    for stage in (stage for stage in Stage if stage not in LEFT_BY_A_PERSON):
        paths = api.render(root, stage, run_id=RUN, iteration_id=ITERATION)[:2]
        found |= {Path(path).name: (root / path).read_bytes() for path in paths}
    return found


def main() -> int:
    for place, make in ((ANSWERS, answers), (PROMPTS, prompts)):
        place.mkdir(exist_ok=True)
        with TemporaryDirectory() as folder:
            for name, content in make(Path(folder)).items():
                (place / name).write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
