from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models.functions import Lower

from common.phones import validate_phone


class User(AbstractUser):
    """A person who signs in. Rights come from ``directory.Assignment`` alone, never from Django's groups.

    Accounts are deactivated, never deleted: statements, history and the audit log name them.
    """

    email = models.EmailField("adresse mail")
    phone = models.CharField(
        "téléphone", max_length=10, blank=True, validators=[validate_phone]
    )
    job_title = models.CharField("fonction", max_length=120, blank=True)
    organisation = models.CharField("organisme", max_length=160, blank=True)

    objects = UserManager()

    class Meta:
        verbose_name = "utilisateur"
        verbose_name_plural = "utilisateurs"
        ordering = ["last_name", "first_name", "pk"]
        constraints = [
            models.UniqueConstraint(
                Lower("username"),
                name="user_username_ci_unique",
                violation_error_message="Cet identifiant est déjà pris.",
            ),
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_ci_unique",
                violation_error_message="Cette adresse mail est déjà prise.",
            ),
        ]

    def __str__(self):
        return self.display_name

    @property
    def display_name(self) -> str:
        """« Claire Moreau », or the identifier when no name is known."""
        return self.get_full_name() or self.username

    @property
    def short_name(self) -> str:
        """« C. Moreau », for the header and the author of a figure."""
        if self.first_name and self.last_name:
            return f"{self.first_name[0]}. {self.last_name}"
        return self.display_name
