"""Secrets that pip or a command prints: covered up in the log, in the result, and in what comes home of them."""

from __future__ import annotations

import pytest

from autolab_core.cloud.runner.courier import Courier
from autolab_core.cloud.runner.masking import SHORTEST, Mask
from autolab_core.cloud.runner.outputs import Outputs
from autolab_core.cloud.runner.stores import FolderStore, StoreFault
from autolab_core.cloud.runner.surroundings import environment_of, secrets_of
from autolab_core.cloud.stored import log_pieces, read_result
from tests.unit.cloud import samples

TOKEN = "s3cr3t/t0ken+value"


@pytest.mark.parametrize(
    ("said", "left"),
    [
        (f"at https://me:{TOKEN}@index/simple", "at https://me:***@index/simple"),
        ("at /s3cr3t%2Ft0ken%2Bvalue/simple", "at /***/simple"),
        (f"{TOKEN}{TOKEN}", "******"),
        ("a line of the-key-of-two-lines!", "a line of ***"),
        ("nothing of it: 1234567", "nothing of it: 1234567"),
    ],
)
def test_a_value_is_covered_up_as_it_stands_in_a_line_or_an_address(said, left):
    mask = Mask((TOKEN, "the-key-of-two-lines!\nsecond\n", "1234567"))

    assert mask.text(said) == left
    assert len("1234567") < SHORTEST, "numbers of a log are not to be lost"


@pytest.mark.parametrize(("end", "count"), [("", 0), ("s", 1), ("as3cr", 4), (TOKEN[:-1], len(TOKEN) - 1), (TOKEN, 0)])
def test_the_beginning_of_a_value_is_waited_for(end, count):
    assert Mask((TOKEN,)).begun(f"printed: {end}".encode()) == count


class Losing(FolderStore):
    """Says nothing to the *lost*-th piece of a log, though it has it."""

    def __init__(self, root: str, lost: int) -> None:
        super().__init__(root)
        self.lost = lost

    def put_if_absent(self, key, data, sha256):
        written = super().put_if_absent(key, data, sha256)
        self.lost -= 1
        if self.lost == 0:
            raise StoreFault("no answer", transient=True)
        return written


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_a_log_is_whole_and_in_order_whatever_answer_is_lost(tmp_path, lost):
    """A piece whose answer was lost is sent again as it was, though the log has grown meanwhile."""
    logs, store = tmp_path / "logs", Losing(str(tmp_path / "store"), lost)
    logs.mkdir()
    outputs = Outputs(store, str(tmp_path / "none"), lambda sha256: f"runs/r/out/1/{sha256}")
    courier = Courier(store, "r", 1, str(logs), outputs, 60.0, Mask((TOKEN,)))
    courier.start()
    for name in ("out", "err"):
        (logs / f"{name}.log").touch()
    for text in ("one\ntwo s3cr3t/t0", "ken+value three\n", "four\n"):
        for name in ("out", "err"):
            with open(logs / f"{name}.log", "a") as file:
                file.write(text)
        try:
            courier.send_log()
        except StoreFault:
            continue
    courier.stop()
    courier.send_log()

    pieces = list(log_pieces(samples.storage(tmp_path / "store"), "r", 1))
    for name in ("out", "err"):
        found = b"".join(data for key, data in pieces if key.endswith(f".{name}"))
        assert found == b"one\ntwo *** three\nfour\n"


def test_pips_last_lines_and_the_log_hide_the_token_of_an_index(new_lab):
    lab = new_lab(env={"INDEX_TOKEN": TOKEN, "PIP_RETRIES": "0"})
    (lab.root / "requirements.txt").write_text(
        "--index-url http://127.0.0.1:9/${INDEX_TOKEN}/simple?token=${INDEX_TOKEN}\nnot-there==1\n"
    )
    samples.git(lab.root, "add", "-A")
    intent, _ = lab.run(secrets=("INDEX_TOKEN",))
    result = read_result(lab.storage, intent.run_id)
    lab.pull()

    assert result is not None
    assert "http://127.0.0.1:9/***/simple?token=***" in "\n".join(result.last_lines)
    kept = {path: path.read_bytes() for place in (lab.storage.root, lab.root) for path in place.rglob("*")
            if path.is_file()}  # fmt: skip
    assert [path for path, data in kept.items() if TOKEN.encode() in data] == []


def test_the_keys_of_the_storage_are_not_for_the_command_unless_it_named_them(monkeypatch):
    given = {"AWS_SECRET_ACCESS_KEY": "of the storage", "AWS_SESSION_TOKEN": "its token", "TOKEN": TOKEN}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    run = {"secrets": ["TOKEN"], "environment": {"PIP_INDEX_URL": "http://index"}}

    seen = environment_of(run)
    assert (seen["TOKEN"], seen["PIP_INDEX_URL"]) == (TOKEN, "http://index")
    assert not seen.keys() & {"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}
    assert set(secrets_of(run)) == set(given.values())
    assert environment_of({**run, "secrets": ["AWS_SESSION_TOKEN"]})["AWS_SESSION_TOKEN"] == "its token"


def test_pip_has_the_variables_that_were_sent_along(new_lab, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/of-the-run")
    monkeypatch.setenv("PIP_RETRIES", "0")
    lab = new_lab()
    (lab.root / "requirements.txt").write_text("not-there==1\n")
    samples.git(lab.root, "add", "-A")
    intent, _ = lab.run(environment=("PIP_INDEX_URL", "PIP_RETRIES"))
    result = read_result(lab.storage, intent.run_id)

    assert result is not None
    assert "/of-the-run" in "\n".join(result.last_lines)
