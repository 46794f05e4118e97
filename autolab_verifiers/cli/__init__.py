"""``autolab-verify``: the command. ``main`` runs it, ``options`` says what it takes, ``about`` answers about rules."""

from autolab_verifiers import require_own_core

require_own_core()
