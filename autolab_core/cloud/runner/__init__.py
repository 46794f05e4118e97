"""What runs inside the container: the standard library of Python 3.11 alone, packed into one file and sent along.

Nothing here may import what is not packed with it; see ``autolab_core.cloud.packing``.
"""
