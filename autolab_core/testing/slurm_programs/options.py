"""Reading a command line as Slurm's commands do: ``--name=value``, ``--name value``, ``-n value``, ``-nvalue``."""

from __future__ import annotations

__all__ = ["Unreadable", "read_options"]


class Unreadable(ValueError):
    """An option that this program does not know, as getopt says it."""


def read_options(
    program: str, words: list[str], valued: dict[str, str], flags: dict[str, str]
) -> tuple[dict[str, str], list[str]]:
    """The options by their long names, and the words that are none.

    *valued* and *flags* map long names to their letter or nothing. Raises Unreadable, as Slurm refuses what it does
    not know: a fake that took every option would let a wrong one pass.
    """
    letters = {letter: name for name, letter in {**valued, **flags}.items() if letter}
    found: dict[str, str] = {}
    rest: list[str] = []
    todo = list(words)
    while todo:
        word = todo.pop(0)
        if word == "--":
            return found, rest + todo
        if word.startswith("--"):
            name, given, value = word[2:].partition("=")
        elif word.startswith("-") and len(word) > 1:
            name, value = letters.get(word[1], word[1]), word[2:]
            given = value
            if name in flags and value:
                todo.insert(0, f"-{value}")
                given = value = ""
        else:
            rest.append(word)
            if program == "sbatch":  # what follows the script is the script's own
                return found, rest + todo
            continue
        if name in flags:
            found[name] = ""
        elif name in valued:
            if not given and not todo:
                raise Unreadable(f"{program}: option '--{name}' requires an argument\n")
            found[name] = value if given else todo.pop(0)
        else:
            raise Unreadable(
                f"{program}: unrecognized option '{word}'\nTry \"{program} --help\" for more information\n"
            )
    return found, rest
