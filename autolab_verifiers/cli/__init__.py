"""``autolab-verify``: the command. ``main`` runs it, ``options`` says what it takes, ``about`` answers about rules."""
