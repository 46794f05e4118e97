"""The engine: collects verifiers, selects those of a stage, runs each rule alone, and answers with one report."""

from autolab_verifiers import require_own_core

require_own_core()
