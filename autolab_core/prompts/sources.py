"""Templates and shared parts as a repository has them, or else as they are shipped. Nothing is read from elsewhere."""

# No `from __future__ import annotations`: a NamedTuple compiles each annotation that is text.

import os
from typing import Final, NamedTuple

from autolab_core.io.digest import sha256_of_bytes
from autolab_core.io.documents.source import decode_utf8, read_source
from autolab_core.io.layout import PROMPTS, PROMPTS_SHARED, prompt_template
from autolab_core.io.tree import Tree
from autolab_core.models.stage_context import PromptPart
from autolab_core.prompts.shipped_files import shipped_source
from autolab_core.prompts.template import Include, Template, parse
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.paths import relative_problem
from autolab_core.vocab.tokens import SHARED_PARTS, nearest

__all__ = ["BYTES_MAX", "DEPTH_MAX", "Prompt", "Sources", "refuse_links"]

# A prompt is read by somebody: what is longer than that is no template.
BYTES_MAX: Final = 1 << 20
# How deep includes may nest, the template's own not counted.
DEPTH_MAX: Final = 8
_ENDING: Final = ".md"


class Prompt(NamedTuple):
    """A template with every part that it includes, in themselves or through others, by its file name below ``shared``.

    ``parts`` says where each came from, the template first, then in the order of their first mention.
    """

    template: Template
    shared: dict[str, Template]
    parts: tuple[PromptPart, ...]


class Sources:
    """The prompts of the repository *tree*. Each file is read once."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._read: dict[str, tuple[Template, PromptPart]] = {}

    def prompt(self, name: str) -> Prompt:
        """The template *name* (``launch``) with all that it includes.

        Raises DocumentError, naming template and line, for a template or part that is not there, cannot be read, or
        cannot be understood; for a template with nothing in it; for an include that leads out of ``shared``, through a
        link, around in a circle, or deeper than ``DEPTH_MAX``.
        """
        path = prompt_template(name)
        found = self.source(path)
        if found is None:
            hint = "`autolab init` installs the shipped ones; a stage of your own needs a template of your own"
            raise DocumentError(path, "does not exist, and none is shipped for it", hint=hint)
        template, part = found
        if all(isinstance(piece, str) and not piece.strip() for line in template.lines for piece in line.pieces):
            raise DocumentError(path, "is empty: an agent would be told nothing", hint="remove it for the shipped one")
        walk = _Walk(self, [part])
        walk.follow(template, ())
        return Prompt(template, walk.shared, tuple(walk.parts))

    @property
    def read(self) -> tuple[str, ...]:
        """The paths of all that was read."""
        return tuple(self._read)

    def part(self, file: str) -> Template:
        """The shared part *file* alone. Raises DocumentError as ``prompt`` does."""
        found = self.source(f"{PROMPTS_SHARED}/{file}")
        if found is None:
            raise DocumentError(f"{PROMPTS_SHARED}/{file}", "does not exist")
        return found[0]

    def meant(self, file: str) -> str:
        """A hint for who includes *file*, which is nowhere."""
        word = nearest(file, sorted({*SHARED_PARTS, *self._tree.names(PROMPTS_SHARED)}))
        return f"is {word} meant?" if word else f"shipped are {', '.join(SHARED_PARTS)}"

    def source(self, path: str) -> tuple[Template, PromptPart] | None:
        """The file *path* of the repository, or else the shipped one; None where neither is. Raises DocumentError."""
        if path not in self._read:
            refuse_links(self._tree, path)
            own = self._tree.exists(path)
            absolute = self._tree.absolute(path)
            source = read_source(absolute, path, max_bytes=BYTES_MAX) if own else shipped_source(path)
            if source is None:
                return None
            text = decode_utf8(source, path).replace("\r\n", "\n")
            part = PromptPart(path, shipped=not own, sha256=sha256_of_bytes(source))
            self._read[path] = parse(text, path if own else f"{path} (shipped)"), part
        return self._read[path]


def refuse_links(tree: Tree, path: str) -> None:
    """Raise DocumentError when a step of *path* below ``.autolab`` is a symbolic link: it could lead anywhere."""
    steps = path.split("/")
    for count in range(PROMPTS.count("/") + 1, len(steps) + 1):
        step = "/".join(steps[:count])
        if os.path.islink(os.path.join(tree.root, step)):
            raise DocumentError(path, f"is reached through a symbolic link, {step}", hint="put the files there")


class _Walk:
    """One way through a template and all that it includes; each part is followed once."""

    def __init__(self, sources: Sources, parts: list[PromptPart]) -> None:
        self._sources = sources
        self._heights: dict[str, int] = {}
        self.shared: dict[str, Template] = {}
        self.parts = parts

    def follow(self, template: Template, above: tuple[str, ...]) -> int:
        """Follow the includes of *template*, which lies in *above*; how many includes deep it is itself."""
        mentioned: dict[str, int] = {}
        for line in template.lines:
            for piece in line.pieces:
                if isinstance(piece, Include):
                    mentioned.setdefault(piece.file, line.number)
        deepest = 0
        for file, number in mentioned.items():
            deepest = max(deepest, self._include(file, (template.path, number), above))
        return deepest

    def _include(self, file: str, place: tuple[str, int], above: tuple[str, ...]) -> int:
        path, number = place
        problem = _problem(file)
        if problem is not None:
            raise DocumentError(path, f"includes {file!r}, which is refused: {problem}", line=number)
        if file in above:
            circle = ", which includes ".join((*above[above.index(file) :], file))
            raise DocumentError(path, f"includes go around in a circle: {circle}", line=number)
        if file not in self._heights and len(above) < DEPTH_MAX:
            self._heights[file] = 1 + self.follow(self._part(file, place), (*above, file))
        if len(above) + self._heights.get(file, 1) > DEPTH_MAX:
            raise DocumentError(path, f"includes {file}: includes nest more than {DEPTH_MAX} deep", line=number)
        return self._heights[file]

    def _part(self, file: str, place: tuple[str, int]) -> Template:
        found = self._sources.source(f"{PROMPTS_SHARED}/{file}")
        if found is None:
            message = f"includes {file}, which is neither in {PROMPTS_SHARED} nor shipped"
            raise DocumentError(place[0], message, line=place[1], hint=self._sources.meant(file))
        self.shared[file] = found[0]
        self.parts.append(found[1])
        return found[0]


def _problem(file: str) -> str | None:
    """Why *file* is no shared part; None when it may be one."""
    problem = relative_problem(file)
    if problem is None and any(step.startswith(".") or not step for step in file.split("/")):
        problem = "a part of its name is empty or begins with a dot"
    if problem is None and not file.endswith(_ENDING):
        problem = f"its name does not end with {_ENDING}"
    return problem
