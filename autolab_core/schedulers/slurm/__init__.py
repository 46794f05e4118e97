"""Running a job on Slurm: what is said to its commands, and what their answers mean."""
