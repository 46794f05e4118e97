"""Remote profiles: what is refused, where, and in which words."""

from __future__ import annotations

import json

import pytest

from autolab_core.io.layout import REMOTE_PROFILES
from autolab_core.io.repository import Repository
from autolab_core.io.schemas import shipped
from autolab_core.models.remote import RemoteProfile, RemoteProfiles
from autolab_core.vocab.errors import DocumentError, UsageError
from autolab_core.vocab.remote import REMOTE_ROOT_PATTERN, SSH_ALIAS_PATTERN, DirtyTree, PushMethod

SCHEMA = json.loads(shipped("remote_profiles"))["properties"]["profiles"]["additionalProperties"]["properties"]


def load(tmp_path, text):
    (tmp_path / ".autolab").mkdir(exist_ok=True)
    (tmp_path / REMOTE_PROFILES).write_text(text)
    return Repository(tmp_path).remote_profiles()


def test_no_file_is_no_profile(tmp_path):
    (tmp_path / ".autolab").mkdir()
    assert Repository(tmp_path).remote_profiles() == RemoteProfiles()


def test_a_profile_needs_a_host_and_a_root_alone(tmp_path):
    name, profile = load(tmp_path, "default: c\nprofiles:\n  c: {host: cluster, root: ~/runs}\n").named()
    assert (name, profile) == ("c", RemoteProfile("cluster", "~/runs"))
    assert (profile.push.method, profile.push.dirty, profile.pull.method) == ("git", "refuse", "auto")


def test_the_schema_has_the_words_and_patterns_of_the_code():
    assert SCHEMA["push"]["properties"]["method"]["enum"] == list(PushMethod)
    assert SCHEMA["push"]["properties"]["dirty"]["enum"] == list(DirtyTree)
    assert SCHEMA["host"]["pattern"] == SSH_ALIAS_PATTERN
    assert SCHEMA["root"]["pattern"] == SCHEMA["scratch"]["pattern"] == REMOTE_ROOT_PATTERN


@pytest.mark.parametrize("root", ["/a", "/a/b c", "~/a", "/a/..b", "/a/.", "/ü"])
def test_roots(root):
    assert RemoteProfile("h", root).root == root


@pytest.mark.parametrize(
    "root",
    ["", "/", "//", "~", "~/", "~//", "a", "~bob/a", "/a/..", "/../a", "~/../a", "~/..", "/a\nb", "/a/../b", "/\x00"],
)
def test_roots_that_are_refused(root):
    with pytest.raises(ValueError, match=r"without '\.\.', and not / or the home folder itself"):
        RemoteProfile("h", root)


@pytest.mark.parametrize("host", ["", "-oProxyCommand=x", "a b", "ada@cluster", "cluster:22", "a;b", "[::1]", "a\n"])
def test_hosts_that_are_no_alias(host):
    with pytest.raises(ValueError, match=r"alias of ~/\.ssh/config"):
        RemoteProfile(host, "/a")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("password: x", "the key 'password' is refused: no secret"),
        ("push: {token: x}", "the key 'token' is refused"),
        ("ssh: {identity_file: x}", "the key 'identity_file' is refused"),
        ("activation: export WANDB_API_KEY=abc", "activation gives WANDB_API_KEY a value"),
        ("activation: HF_TOKEN='abc' true", "activation gives HF_TOKEN a value"),
        ("activation: '-----BEGIN OPENSSH PRIVATE KEY-----'", "activation holds a private key"),
        ("host: -oProxyCommand=id", "host"),
        ("root: /a/../b", "root"),
        ("poll_seconds: 0", "poll_seconds"),
        ("submit_options: [a, '']", "submit_options"),
        ("push: {method: scp}", "push/method"),
        ("pull: {rules: {max_file: 0}}", "max_file"),
    ],
)
def test_what_is_refused_is_one_line_with_its_place(tmp_path, line, words):
    key = line.partition(":")[0]
    required = "".join(f"    {each}\n" for each in ("host: cluster", "root: ~/runs") if not each.startswith(key))
    with pytest.raises(DocumentError) as caught:
        load(tmp_path, f"profiles:\n  c:\n{required}    {line}\n")
    said = str(caught.value)
    assert said.startswith(f"{REMOTE_PROFILES}:")
    assert caught.value.line in (2, 3, 4, 5)
    assert words in said
    assert "\n" not in said


@pytest.mark.parametrize("line", ["export HF_TOKEN=$(cat ~/.token)", 'export A_TOKEN="$B"', "module load x", "a=b"])
def test_a_secret_that_is_read_where_it_is_needed_is_none(line):
    assert RemoteProfile("h", "/a", activation=line).activation == line


def test_a_name_that_is_no_profile_is_told_with_those_that_are(tmp_path):
    found = load(tmp_path, "profiles:\n  b: {host: h, root: /a}\n  a: {host: h, root: /a}\n")
    with pytest.raises(UsageError, match="no profile is the default; there are: a, b"):
        found.named()
    with pytest.raises(UsageError, match="there is no remote profile 'c'; there are: a, b"):
        found.named("c")
    with pytest.raises(UsageError, match="there is no remote profile 'x'; there are: none"):
        RemoteProfiles(default="x").named()


def test_a_profiles_name_is_an_id(tmp_path):
    with pytest.raises(DocumentError, match=r"the profile's name '\.\./x' is refused"):
        load(tmp_path, "profiles:\n  ../x: {host: h, root: /a}\n")
