"""What to do about a run that did not end well, and where an experiment is to run, worked out from what is known.

Pure: facts in, words out; but for ``compute_here``, which fetches the facts.
"""
