"""Validators that ``scripts/generate_validators.py`` wrote from ``schemas/``. Never edited by hand."""
