"""Running commands. Commands are argv tuples to the last boundary; one module spawns, one quotes."""
