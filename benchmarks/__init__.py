"""What is claimed about speed, as one command: ``make bench`` (or ``python -m benchmarks``)."""
