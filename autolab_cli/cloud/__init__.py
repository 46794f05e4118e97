"""``cloud-run``: an experiment's full phase on a machine that is not this one. A module for a few verbs each."""
