"""Reading a bash command line into a tree. Nothing is expanded and nothing is run here."""
