"""Figures that wait for somebody: the home page, digests and weekly summaries by mail, confirm links, calls of support."""
