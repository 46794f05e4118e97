"""What to say to a scheduler and what it answered. One folder a scheduler; ``base`` says what all of them promise."""
