"""Alerts on the free places of saved searches: who is told what, by mail, and how it ends."""
