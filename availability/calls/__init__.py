"""Outcomes of calls to units: recording them, whom they are told to, how reliable they make a figure."""
