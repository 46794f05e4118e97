"""Prompts: templates with tokens and shared parts, made into text for one stage. See ``docs/prompts.md``.

``render`` makes a prompt from a stage's context, which ``stages`` builds; it reads templates and writes nothing.
"""

from __future__ import annotations

from autolab_core.prompts.check import TemplateProblem, problems_of
from autolab_core.prompts.rendering import Rendered, render, render_text
from autolab_core.prompts.writing import write_pair

__all__ = ["Rendered", "TemplateProblem", "problems_of", "render", "render_text", "write_pair"]
