"""Words that every layer shares: errors, states, verdicts, ids. No module here does I/O."""
