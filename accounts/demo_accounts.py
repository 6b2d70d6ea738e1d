"""The people of the demonstration: pure data, read by the demo data, the launcher and the sign-in page.

They exist only where ``settings.DEMO`` is set. Their addresses are in a domain reserved for examples.
"""

from dataclasses import dataclass

from .roles import ROLE_LABELS, Role

DEMO_PASSWORD = "demo-ror-2026"  # noqa: S105 - printed on the sign-in page of the demonstration
DEMO_DOMAIN = "demo.ror.example"


@dataclass(frozen=True)
class DemoAccount:
    """One person: the identifier, the role, and a line that says what the account is good for."""

    username: str
    role: Role
    first_name: str
    last_name: str
    job_title: str
    organisation: str
    description: str

    @property
    def email(self) -> str:
        """Mail address; what is sent there is readable at /demo/courriels/."""
        return f"{self.username}@{DEMO_DOMAIN}"

    @property
    def role_label(self) -> str:
        """« Responsable de disponibilités »."""
        return ROLE_LABELS[self.role]


DEMO_ACCOUNTS: tuple[DemoAccount, ...] = (
    DemoAccount(
        "consultation",
        Role.CONSULTATION,
        "Claire",
        "Moreau",
        "Assistante de service social",
        "Hôpital Saint-Luc (fictif)",
        "Chercher une place et lire les fiches",
    ),
    DemoAccount(
        "responsable",
        Role.AVAILABILITY_MANAGER,
        "Samir",
        "Benali",
        "Coordinateur",
        "Association Altair Vesta",
        "Mettre à jour les places des ACT, LAM et LHSS",
    ),
    DemoAccount(
        "directeur",
        Role.DIRECTOR,
        "Hélène",
        "Garnier",
        "Directrice",
        "Association Altair Vesta",
        "Diriger ACT et EMSP ALTAIR VESTA, CPTS GRAND VERSAILLES",
    ),
    DemoAccount(
        "sesan",
        Role.SUPPORT,
        "Nadia",
        "Lefèvre",
        "Chargée de support",
        "GIP SESAN",
        "Gérer les comptes, les droits et les nomenclatures",
    ),
    DemoAccount(
        "pdses",
        Role.REFUSAL_REPORTER,
        "Julien",
        "Marchand",
        "Assistant de régulation",
        "SAMU (fictif)",
        "Chercher une place, unités sensibles comprises",
    ),
    DemoAccount(
        "ars",
        Role.STEERING,
        "Isabelle",
        "Roussel",
        "Chargée de mission",
        "ARS Île-de-France",
        "Suivre l’offre de la région",
    ),
)
