"""The programs of a fake Slurm. Plain Python of the standard library: they start in milliseconds, beside any Autolab.

They are reached as a package of their own (``bin/`` puts this folder's parent on the path), hence the relative imports:
importing ``autolab_core`` would cost each command ten times its time, and is not needed.
"""
