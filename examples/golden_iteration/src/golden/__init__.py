"""A small experiment: plain stochastic gradient descent with and without momentum, at a fixed number of steps."""
