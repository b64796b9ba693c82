"""Evaluation of the scorer on recordings of real people: how well it tells signs apart, and what must not change it."""
