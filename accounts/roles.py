"""Roles, permissions and who holds what: pure data (spec 01-settled, Rights; DESIGN, decision 7).

A permission is an ``object:action`` string written once here; asking for one that does not exist raises.
A role gives its permissions inside the scope of the assignment that carries it (``directory.Assignment``).
"""

from enum import StrEnum


class Role(StrEnum):
    """What a person does in the ROR. Stored in assignments."""

    CONSULTATION = "consultation"
    AVAILABILITY_MANAGER = "availability_manager"
    DIRECTOR = "director"
    SUPPORT = "support"
    REFUSAL_REPORTER = "refusal_reporter"
    STEERING = "steering"


ROLE_LABELS: dict[Role, str] = {
    Role.CONSULTATION: "Consultation",
    Role.AVAILABILITY_MANAGER: "Responsable de disponibilités",
    Role.DIRECTOR: "Directeur",
    Role.SUPPORT: "Valideur SESAN",
    Role.REFUSAL_REPORTER: "Déclarant PDSES",
    Role.STEERING: "Pilotage ARS",
}


class Permission(StrEnum):
    """One thing that may be done. The value is ``object:action``."""

    DIRECTORY_READ = "directory:read"
    DIRECTORY_EDIT = "directory:edit"
    SENSITIVE_READ = "sensitive:read"
    STATEMENT_WRITE = "statement:write"
    OPENING_MANAGE = "opening:manage"
    NOMENCLATURE_MANAGE = "nomenclature:manage"
    ACCOUNT_MANAGE = "account:manage"
    AUDIT_READ = "audit:read"
    ROLE_DELEGATE = "role:delegate"
    IMPORT_RUN = "import:run"
    QUALITY_READ = "quality:read"
    DOSSIER_VALIDATE = "dossier:validate"
    CAMPAIGN_MANAGE = "campaign:manage"


PERMISSION_LABELS: dict[Permission, str] = {
    Permission.DIRECTORY_READ: "Consulter le répertoire et rechercher",
    Permission.DIRECTORY_EDIT: "Mettre à jour les fiches",
    Permission.SENSITIVE_READ: "Voir l’adresse des unités sensibles",
    Permission.STATEMENT_WRITE: "Saisir les places disponibles",
    Permission.OPENING_MANAGE: "Ouvrir ou fermer la saisie des unités",
    Permission.NOMENCLATURE_MANAGE: "Gérer les nomenclatures",
    Permission.ACCOUNT_MANAGE: "Gérer les comptes et les rôles",
    Permission.AUDIT_READ: "Lire le journal d’audit",
    Permission.ROLE_DELEGATE: "Nommer les responsables de disponibilités",
    Permission.IMPORT_RUN: "Importer des fichiers",
    Permission.QUALITY_READ: "Suivre la complétude des fiches",
    Permission.DOSSIER_VALIDATE: "Valider les dossiers collaboratifs",
    Permission.CAMPAIGN_MANAGE: "Mener les campagnes de description",
}

_READ = frozenset({Permission.DIRECTORY_READ})

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.CONSULTATION: _READ,
    Role.AVAILABILITY_MANAGER: _READ | {Permission.STATEMENT_WRITE, Permission.SENSITIVE_READ},
    Role.DIRECTOR: _READ
    | {
        Permission.STATEMENT_WRITE,
        Permission.DIRECTORY_EDIT,
        Permission.SENSITIVE_READ,
        Permission.ROLE_DELEGATE,
    },
    Role.SUPPORT: frozenset(Permission),
    Role.REFUSAL_REPORTER: _READ | {Permission.SENSITIVE_READ},
    Role.STEERING: _READ,
}

# Reading is given to the whole region, whatever the scope of the assignment (spec 01-settled, first row of the table).
REGION_WIDE: frozenset[Permission] = _READ


def permissions_of(role: str) -> frozenset[Permission]:
    """Permissions of a role. Raises ``ValueError`` on an unknown role."""
    return ROLE_PERMISSIONS[Role(role)]


def roles_with(permission: str) -> tuple[Role, ...]:
    """Roles that give ``permission``, in the order of the table. Raises ``ValueError`` on an unknown permission."""
    wanted = Permission(permission)
    return tuple(role for role in Role if wanted in ROLE_PERMISSIONS[role])
