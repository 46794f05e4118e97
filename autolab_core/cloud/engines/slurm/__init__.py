"""The engine of Slurm, through the adapter that launches use."""
