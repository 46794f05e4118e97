"""The docs say what the code does."""

import importlib.util
import re

import pytest

from autolab_core.vocab.states import LEGAL_RUN_MOVES, RunStatus, Stage, StageOutcome
from autolab_core.vocab.tokens import TEMPLATES, TOKENS
from autolab_verifiers.builtin import BUILTIN
from autolab_verifiers.cli.main import main
from autolab_verifiers.engine.collect import ENGINE
from tests.architecture.house import ROOT

WORDS = (ROOT / "docs/words.md").read_text()


def script(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / f"scripts/{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def generated_rules():
    return script("generate_rules_page").pages()


def test_the_words_in_the_prompts_are_made_from_the_vocabulary():
    made = script("generate_status_vocabulary")

    assert made.PAGE.read_text() == made.page()


def test_the_prompts_page_has_every_token_with_its_meaning_and_where_it_is_known():
    page = (ROOT / "docs/prompts.md").read_text()
    rows = []
    for token in TOKENS.values():
        known = [name for name in TEMPLATES if name in token.templates]
        where = "every stage" if set(known) == set(Stage) else ", ".join(f"`{name}`" for name in known)
        rows.append(f"| `{token.name}` | {token.meaning} | {where} |\n")

    assert "| token | stands for | known in |\n|---|---|---|\n" + "".join(rows) + "\n" in page


def test_the_pages_of_the_rules_are_made_from_the_rules():
    assert {path.name: path.read_text() for path in (ROOT / "docs/rules").iterdir()} == generated_rules()


@pytest.mark.parametrize("name", [*BUILTIN, ENGINE])
def test_explain_prints_the_sections_of_the_page(name, capsys):
    assert main(["--explain", name]) == 0

    page = generated_rules()[f"{name}.md"]
    sections = [section.partition("\n\n")[2] for section in page.split("\n## ")[1:]]
    assert sections
    assert "\n".join(sections) == capsys.readouterr().out


def test_the_words_page_names_every_run_status_and_outcome():
    assert [word for word in (*RunStatus, *StageOutcome) if f"`{word}`" not in WORDS] == []


def test_the_words_page_has_every_legal_move_from_a_status_that_goes_on():
    table = WORDS[WORDS.index("Legal moves") :]
    for status in (RunStatus.PENDING, RunStatus.SUBMITTED, RunStatus.RUNNING, RunStatus.SYNCED):
        row = next(line for line in table.splitlines() if line.startswith(f"| `{status}` |"))
        assert set(re.findall(r"`(\w+)`", row.split("|")[2])) == set(LEGAL_RUN_MOVES[status]), status


def test_the_page_of_the_stages_is_made_from_their_table():
    made = script("generate_states_page")

    assert made.PAGE.read_text() == made.page()


def test_every_link_between_the_pages_leads_somewhere():
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    dead = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^):]+)\)", page.read_text())
        if not (page.parent / target.partition("#")[0]).exists()
    ]

    assert dead == []
