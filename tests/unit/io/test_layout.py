"""Where things lie: the names that existing repositories have."""

from __future__ import annotations

import pytest

from autolab_core.io import layout
from autolab_core.io.layout import IterationPaths, iteration_candidates, schema_file
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.paths import relative_problem

RUN = IterationPaths("experiments/plan/iter_golden").run("20260201T120000Z_demo")


def test_the_files_of_the_golden_example_are_where_it_has_them():
    assert RUN.manifest == "experiments/plan/iter_golden/runs/20260201T120000Z_demo/run_manifest.json"
    assert RUN.metrics == "experiments/plan/iter_golden/runs/20260201T120000Z_demo/metrics.json"
    assert RUN.logs == "experiments/plan/iter_golden/runs/20260201T120000Z_demo/logs"
    assert IterationPaths("experiments/x").run_slurm == "experiments/x/launch/run_slurm.sbatch"
    assert schema_file("run_manifest") == ".autolab/schemas/run_manifest.schema.json"


def test_both_layouts_are_looked_for():
    assert iteration_candidates("i") == tuple(f"experiments/{f}i" for f in ("", "plan/", "in_progress/", "done/"))


def test_every_path_is_safe_to_join_to_a_repository():
    constants = [getattr(layout, name) for name in layout.__all__ if isinstance(getattr(layout, name), str)]
    paths = [getattr(RUN, name) for name in dir(type(RUN)) if isinstance(getattr(type(RUN), name), property)]

    assert len(constants) > 8
    assert len(paths) > 8
    assert [path for path in (*constants, *paths, RUN.log("x.log")) if relative_problem(path)] == []


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "-r", "{{run_id}}", "<RUN_ID>", "a\x00", "x" * 129])
def test_a_name_that_could_leave_its_folder_makes_no_path(name):
    with pytest.raises(UsageError):
        IterationPaths("experiments/i").run(name)
    with pytest.raises(UsageError):
        iteration_candidates(name)
