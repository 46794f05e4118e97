"""A harness's settings in a repository: what belongs to the guard is put in, and what is there already stays."""
