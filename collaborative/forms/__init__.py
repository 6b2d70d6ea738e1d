"""Forms of dossiers, one module a family of pages. Parsing only."""
