"""Small files together: by one rule, whether they are sent as data or brought as outputs."""

from __future__ import annotations

import pytest

from autolab_core.cloud import keys
from autolab_core.cloud.runner.outputs import Outputs
from autolab_core.cloud.runner.shards import SHARD_BYTES, SMALL_BYTES, is_small, shards
from autolab_core.cloud.runner.stores import FolderStore
from autolab_core.cloud.running import silent
from autolab_core.cloud.staging.data import stage_data
from tests.unit.cloud import samples

MIB = 1 << 20


@pytest.mark.parametrize(
    ("sizes", "groups"),
    [
        ([], []),
        ([0], [[0]]),
        ([MIB] * 15, [[MIB] * 15]),
        ([MIB] * 16, [[MIB] * 15, [MIB]]),
        ([SHARD_BYTES, 1, 1], [[SHARD_BYTES], [1, 1]]),
        ([1, SHARD_BYTES], [[1], [SHARD_BYTES]]),
    ],
)
def test_as_many_go_together_as_a_tar_has_room_for(sizes, groups):
    assert list(shards(sizes, lambda size: size)) == groups


def test_a_file_above_the_limit_goes_alone():
    assert (is_small(SMALL_BYTES), is_small(SMALL_BYTES + 1)) == (True, False)


def test_the_same_files_are_the_same_objects_as_data_and_as_outputs(tmp_path):
    for number in range(20):
        path = tmp_path / "data" / f"{number % 3}" / f"{number}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes([number]) * (1000 * number))
    (tmp_path / "data" / "large.bin").write_bytes(bytes(SMALL_BYTES + 1))
    store = samples.storage(tmp_path / "store")
    staged = stage_data(store, tmp_path, "data", (), silent)
    known = FolderStore(str(tmp_path / "store"))
    outputs = Outputs(known, str(tmp_path / "data"), lambda sha256: keys.out("r", 1, sha256))
    outputs.sync(go_on=lambda: None)
    brought = outputs.manifest("r", 1, so_far=False)["objects"]

    large = {each.sha256 for each in staged.objects if each.path is not None}
    assert large == {each["sha256"] for each in brought if not each["tar"]}
    assert len(staged.objects) == len(brought) == 2
