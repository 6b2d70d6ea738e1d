"""Completeness of the records: its rules, what is stored of it, the list and the panels that show it."""
