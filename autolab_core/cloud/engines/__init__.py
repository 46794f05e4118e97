"""The engines of ``cloud-run``: what is said to a batch service, and what it answered."""
