"""The experiment's own checks, on a configuration small enough to run in an instant."""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
import unittest
from pathlib import Path

from golden import config as settings
from golden import extract, train

ROOT = Path(__file__).resolve().parent.parent


class GoldenTest(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.tree = json.loads((ROOT / "configs" / "train.json").read_bytes())
        self.tree["training"]["steps"] = 20
        self.tree["seeds"] = [0, 1]

    def config(self) -> str:
        path = self.folder / "train.json"
        path.write_text(json.dumps(self.tree), encoding="utf-8")
        return str(path)

    def train(self, run_id: str, *more: str) -> int:
        (self.folder / "runs" / run_id).mkdir(parents=True, exist_ok=True)
        return self.quietly(
            train.main, "--config", self.config(), "--run-dir", str(self.folder / "runs" / run_id), *more
        )

    def extract(self, run_id: str) -> dict:
        code = self.quietly(
            extract.main, "--config", self.config(), "--run-id", run_id, "--iteration-path", str(self.folder)
        )
        self.assertEqual(code, 0)
        return json.loads((self.folder / "runs" / run_id / "metrics.json").read_bytes())

    def quietly(self, command, *argv: str) -> int:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            return command(argv)

    def test_a_repeated_run_gives_the_same_numbers(self) -> None:
        self.train("one")
        self.train("two")
        one, two = self.extract("one"), self.extract("two")
        self.assertEqual(one["status"], "completed")
        self.assertEqual(one["per_run_metrics"], two["per_run_metrics"])

    def test_arms_without_a_difference_train_alike(self) -> None:
        self.tree["arms"][1]["optimizer"] = {}
        self.train("same")
        self.assertEqual(self.extract("same")["primary_metric"]["delta_vs_baseline"], 0.0)

    def test_the_delta_is_variant_minus_baseline(self) -> None:
        self.train("one")
        metrics = self.extract("one")
        rows = metrics["per_run_metrics"]
        mean = {
            arm: sum(row["validation_accuracy"] for row in rows if row["name"] == arm) / 2
            for arm in ("baseline_current", "momentum")
        }
        delta = metrics["primary_metric"]["delta_vs_baseline"]
        self.assertAlmostEqual(delta, mean["momentum"] - mean["baseline_current"], places=3)

    def test_a_seed_that_was_not_run_is_named(self) -> None:
        self.train("part", "--seeds", "0")
        metrics = self.extract("part")
        self.assertEqual(metrics["status"], "partial")
        self.assertEqual(metrics["missing"], ["baseline_current_seed1: no record", "momentum_seed1: no record"])

    def test_records_of_another_run_or_configuration_do_not_count(self) -> None:
        self.train("one")
        (self.folder / "runs" / "one").rename(self.folder / "runs" / "renamed")
        self.assertEqual(self.extract("renamed")["status"], "failed")
        self.train("two")
        self.tree["training"]["steps"] = 21
        self.assertEqual(self.extract("two")["status"], "failed")

    def test_a_misspelt_setting_is_refused(self) -> None:
        self.tree["arms"][1]["optimizer"] = {"momentm": 0.9}
        with self.assertRaisesRegex(settings.ConfigError, r"arms\[1\]\.optimizer\.momentm"):
            settings.load(Path(self.config()))
        self.assertEqual(self.train("one"), 2)


if __name__ == "__main__":
    unittest.main()
