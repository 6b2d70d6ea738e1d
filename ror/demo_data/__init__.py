"""Fictitious data of the demonstration: a region of plausible establishments, and the examples of the webinars.

``load.load_demo`` fills an empty directory; the same seed, size and moment give the same rows.
"""
