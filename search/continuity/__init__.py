"""The continuity kit: what it tells of a department, its PDF and its HTML file, where they are kept (spec 40)."""
