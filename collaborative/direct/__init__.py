"""« One path for later updates » (spec 30): sensitive fields through a dossier, the others read after by support."""
