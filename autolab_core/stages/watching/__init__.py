"""One look at runs that go on: what is asked, what follows from it, and what is kept."""
