"""An Autolab verifier: metrics have a unit, and percentages are percentages."""
