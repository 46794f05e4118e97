"""The engine: collects verifiers, selects those of a stage, runs each rule alone, and answers with one report."""
