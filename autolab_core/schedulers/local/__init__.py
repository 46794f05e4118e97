"""Running a job on this machine: a script with its own markers, and one small supervisor that keeps the time."""
