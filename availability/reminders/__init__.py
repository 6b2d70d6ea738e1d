"""Figures that wait for somebody: the home page, mails of the day and week, confirm links, calls of support."""
