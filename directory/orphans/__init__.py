"""Records that nobody answers for, or that say nothing: read live (spec 30, Duplicates and orphans)."""
