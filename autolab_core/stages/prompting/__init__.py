"""A stage's prompt and context, from where things stand, and the templates that ``init`` installs."""
