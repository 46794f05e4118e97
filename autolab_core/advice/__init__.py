"""What to do about a run that did not end well, worked out from what is known of it. Pure: facts in, words out."""
