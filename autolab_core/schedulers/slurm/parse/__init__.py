"""From what Slurm's commands print to typed rows. Pure; garbage is a ParseError, never a guess and never dropped."""
