"""The full phase of an experiment on a machine that is not this one: staged, submitted once, watched and pulled."""
