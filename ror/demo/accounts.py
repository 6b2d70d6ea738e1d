"""The demonstration's accounts: settings, the launcher and the demo data read this one list."""

DEMO_PASSWORD = "demo-ror-2026"

# Identifiant, then the role shown beside it.
DEMO_ACCOUNTS: list[tuple[str, str]] = [
    ("consultation", "Consultation"),
    ("responsable", "Responsable de disponibilités"),
    ("directeur", "Directeur"),
    ("sesan", "Valideur SESAN"),
    ("pdses", "Déclarant PDSES"),
    ("ars", "Pilotage ARS"),
]
