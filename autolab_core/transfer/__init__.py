"""Files to and from another machine. ``base`` says what a transfer promises, ``home`` brings a run's files home."""
