"""Mails about dossiers: who is told of which act, and in which words (spec 30, Validating; Beyond the seeds)."""
