"""An experiment of its own: the spec it carries out, what is put on record, and where it stands. Pure."""
