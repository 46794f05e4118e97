"""The verbs: what ``autolab`` does to an iteration. Each stage reads, decides purely, then acts, intent first."""
