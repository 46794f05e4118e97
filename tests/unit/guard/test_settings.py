"""The guard's part among somebody's own settings: theirs stays, ours is there once, and nothing is guessed."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autolab_core.guard.hook.config import claude_settings, codex_text
from autolab_core.guard.policy import GuardPolicy
from autolab_core.guard.settings import claude, codex
from autolab_core.guard.settings.clash import Clashing, difference
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.guard import Profile

ROOT, PROGRAM = "/r", "/bin/autolab"
POLICY = GuardPolicy(Profile.AGENT, ("/opt/tool", "HANDOFF.md", "experiments"), ("experiments/plan/i",))
CLAUDE = claude_settings(POLICY, ROOT, PROGRAM)
CODEX = codex_text(POLICY, ROOT, PROGRAM)
ENTRY = json.loads(CLAUDE)["hooks"]["PreToolUse"][0]
MINE = {"matcher": "Bash", "hooks": [{"type": "command", "command": "mine.sh"}]}


def in_claude(theirs: Any, ours: str = CLAUDE) -> Any:
    return json.loads(claude.with_guard(json.dumps(theirs).encode(), ours, "settings.json"))


def in_codex(theirs: str) -> str:
    merged = codex.with_guard(theirs.encode(), CODEX, "config.toml")
    assert codex.with_guard(merged, CODEX, "config.toml") == merged
    return merged.decode()


@pytest.mark.parametrize("source", [None, b"", b" \n"])
def test_where_nothing_stands_it_is_what_config_prints(source):
    assert claude.with_guard(source, CLAUDE, "settings.json") == CLAUDE.encode()


def test_other_settings_rules_and_hooks_stay_in_their_order():
    theirs = {
        "z": 1.5,
        "permissions": {"deny": ["Read(.env)"], "allow": []},
        "hooks": {"PreToolUse": [MINE], "Stop": []},
    }

    merged = in_claude(theirs)

    assert list(merged) == list(theirs)
    assert merged["permissions"]["deny"][0] == "Read(.env)"
    assert merged["hooks"] == {"PreToolUse": [MINE, ENTRY], "Stop": []}


def test_settings_that_have_it_all_are_the_same_bytes():
    compact = json.dumps({**json.loads(CLAUDE), "model": "x"}, separators=(",", ":")).encode()

    assert claude.with_guard(compact, CLAUDE, "settings.json") is compact


def test_a_longer_time_that_somebody_gave_the_hook_stays():
    theirs = json.loads(CLAUDE)
    theirs["hooks"]["PreToolUse"][0]["hooks"][0]["timeout"] = 60

    assert in_claude(theirs) == theirs


def test_the_hook_of_another_place_is_replaced_and_one_for_other_tools_is_widened():
    earlier = {"type": "command", "command": "/old/autolab guard hook --root /old"}
    beside = {"matcher": ENTRY["matcher"], "hooks": [MINE["hooks"][0], earlier]}
    narrow = {"matcher": "Bash", "hooks": [earlier]}

    merged = in_claude({"hooks": {"PreToolUse": [narrow, beside, MINE]}})["hooks"]["PreToolUse"]

    assert merged == [{**beside, "hooks": [MINE["hooks"][0], ENTRY["hooks"][0]]}, MINE]


@pytest.mark.parametrize(
    ("theirs", "key"),
    [
        ([], "the document"),
        ({"permissions": []}, "permissions"),
        ({"permissions": {"deny": "all"}}, "permissions.deny"),
        ({"hooks": {"PreToolUse": {}}}, "hooks.PreToolUse"),
        ({"disableAllHooks": True}, "disableAllHooks"),
    ],
)
def test_settings_that_say_something_else_clash_by_name(theirs, key):
    with pytest.raises(Clashing) as caught:
        in_claude(theirs)

    assert str(caught.value).startswith(f"{key} is ")
    assert f"\n-{key} = " in difference("settings.json", caught.value.clashes)


@pytest.mark.parametrize("source", [b"{", b'{"a": 1, "a": 2}', b"// mine\n{}", b"\xff"])
def test_what_is_no_json_is_one_line(source):
    with pytest.raises(DocumentError, match=r"^settings\.json:"):
        claude.with_guard(source, CLAUDE, "settings.json")


def test_any_other_json_is_kept():
    values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=4),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
        max_leaves=6,
    )

    @settings(max_examples=60, deadline=None)
    @given(st.dictionaries(st.text(max_size=5), values, max_size=4), st.lists(values, max_size=3))
    def check(theirs: dict[str, Any], entries: list[Any]) -> None:
        whole = {**theirs, "hooks": {"PreToolUse": entries}, "permissions": {}, "disableAllHooks": False}
        merged = in_claude(whole)
        assert in_claude(merged) == merged
        others = [each for each in entries if not (isinstance(each, dict) and each.get("hooks") == [])]
        assert merged["hooks"]["PreToolUse"] == [*others, ENTRY]
        assert {key: value for key, value in merged.items() if key in theirs} == {
            **theirs,
            **{key: merged[key] for key in ("hooks", "permissions", "disableAllHooks") if key in theirs},
        }

    check()


def test_a_new_configuration_of_codex_says_what_config_prints():
    found = tomllib.loads(in_codex(""))

    assert found["default_permissions"] == "autolab"
    assert found["features"] == {"hooks": True}
    assert found["hooks"]["PreToolUse"][0]["hooks"][0]["command"] == "/bin/autolab guard hook --root /r"


@pytest.mark.parametrize(
    "theirs",
    [
        'model = "o" # best\n\n[features]\nx = true\n',
        "[features]  # mine\r\nx = 1979-05-27\r\n",
        "[features]\nhooks = true\n[a]\nb = nan",
        '[[hooks.PreToolUse]]\nmatcher = "B"\n[[hooks.PreToolUse.hooks]]\ntype = "command"\ncommand = "m"\n',
        "[permissions.mine]\nextends = \":workspace\"\n[[hooks.Stop]]\nmatcher = '*'\n",
        "features.x = true\nfeatures.hooks = true\n",
    ],
)
def test_comments_and_order_stay_in_codex_and_a_second_time_changes_nothing(theirs):
    merged = in_codex(theirs)

    before, after = tomllib.loads(theirs), tomllib.loads(merged)
    assert [line for line in theirs.splitlines() if line not in merged.splitlines()] == []
    own = {"features", "hooks", "permissions"}
    assert [key for key in before if key not in own and repr(after[key]) != repr(before[key])] == []
    assert after["features"]["hooks"] is True
    assert after["hooks"]["PreToolUse"][-1]["hooks"][0]["command"].endswith("guard hook --root /r")
    assert after["permissions"].keys() == {*before.get("permissions", {}), "autolab"}


def test_another_policy_replaces_what_stood_between_the_marks():
    before = in_codex('model = "o"\n[features]\n')
    other = codex_text(GuardPolicy(Profile.AGENT, ("data",)), "/moved", PROGRAM)

    merged = codex.with_guard(before.encode(), other, "config.toml")

    assert merged == codex.with_guard(b'model = "o"\n[features]\n', other, "config.toml")


def test_what_was_put_in_by_hand_is_not_put_in_again():
    by_hand = "\n".join(CODEX)

    assert in_codex(by_hand) == by_hand


@pytest.mark.parametrize(
    ("theirs", "said"),
    [
        ('sandbox_mode = "read-only"', 'sandbox_mode is "read-only", and it has to be left out'),
        ('default_permissions = "m"', 'default_permissions is "m", and the guard needs "autolab"'),
        ("permissions = 1", "permissions is 1"),
        ('[permissions.autolab]\nextends = "x"', "permissions.autolab is "),
        ("[features]\nhooks = false", "features is "),
        ("\n".join(codex_text(POLICY, "/old", PROGRAM)).replace('"/old"', '"/r"'), "guard hook --root /old"),
    ],
)
def test_a_configuration_that_says_something_else_clashes(theirs, said):
    with pytest.raises(Clashing) as caught:
        in_codex(theirs)

    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("theirs", "said"),
    [
        ("a = ", "is not TOML"),
        ("features = {x = 1}", "cannot be put into it"),
        ("hooks = {PreToolUse = []}", "cannot be put into it"),
        ("features.x = 1", "cannot be put into it"),
        ('a = """\n[features]\n"""\n[features.x]\ny = 1', "cannot be put into it"),
        (in_codex("").rpartition("# autolab guard: end")[0], "has no line"),
    ],
)
def test_a_configuration_that_cannot_be_added_to_is_one_line(theirs, said):
    with pytest.raises(DocumentError, match=r"^config\.toml:") as caught:
        in_codex(theirs)

    assert said in str(caught.value)
