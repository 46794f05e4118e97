"""Bringing results home: by the manifest, each byte proven, into a folder beside, and then by one change of names."""
