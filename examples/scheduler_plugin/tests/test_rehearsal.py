"""The promises that every scheduler keeps."""

import pytest
from autolab_rehearsal.scheduler import make

from autolab_core.exec.local import LocalRunner
from autolab_core.testing.scheduler_contract import Bench, SchedulerContract, batch_scripts


class TestRehearsal(SchedulerContract):
    @pytest.fixture
    def bench(self, tmp_path):
        (tmp_path / ".autolab").mkdir()
        yield Bench(lambda: make(tmp_path, LocalRunner()), tmp_path, batch_scripts(tmp_path))
        (tmp_path / "go").touch()  # ends what a test has left running
