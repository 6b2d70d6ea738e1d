import unicodedata

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.contrib.auth.validators import ASCIIUsernameValidator
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac

from common.phones import validate_phone


def normalise_username(typed: str) -> str:
    """Identifier as it is stored, compared and counted: lower case, no surrounding space, wide letters made plain.

    Letters that only resemble one another stay apart: « dırecteur » (dotless i) is not « directeur ».
    """
    return unicodedata.normalize("NFKC", typed).strip().lower()


class AccountManager(UserManager):
    """Finds people by their identifier whatever its case: phones like to begin with a capital."""

    use_in_migrations = False

    def get_by_natural_key(self, username):
        return self.alias(folded=Lower("username")).get(folded=normalise_username(username))


class User(AbstractUser):
    """A person who signs in. Rights come from ``directory.Assignment`` alone, never from Django's groups.

    Accounts are deactivated, never deleted: statements, history and the audit log name them.
    """

    username = models.CharField(
        "identifiant",
        max_length=150,
        unique=True,
        validators=[ASCIIUsernameValidator(message="Lettres sans accent, chiffres et @ . + - _ seulement.")],
        error_messages={"unique": "Cet identifiant est déjà pris."},
    )
    email = models.EmailField("adresse mail")
    phone = models.CharField("téléphone", max_length=10, blank=True, validators=[validate_phone])
    job_title = models.CharField("fonction", max_length=120, blank=True)
    organisation = models.CharField("organisme", max_length=160, blank=True)
    session_epoch = models.PositiveIntegerField("série de sessions", default=0, editable=False)

    objects = AccountManager()

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

    def clean(self):
        """One person's identifier is never another's mail: either of them names an account.

        Raises ``ValidationError`` on the field that is the other's.
        """
        super().clean()
        if "\0" in self.username + self.email:  # the fields refuse it themselves; PostgreSQL could not be asked
            return
        others = User.objects.exclude(pk=self.pk)
        if others.filter(email__iexact=self.username).exists():
            raise ValidationError({"username": "Cet identifiant est l’adresse mail d’un autre compte."})
        if others.filter(username=normalise_username(self.email)).exists():
            raise ValidationError({"email": "Cette adresse mail est l’identifiant d’un autre compte."})

    @classmethod
    def normalize_username(cls, username):
        """Django's hook, called by ``clean()``."""
        return normalise_username(username)

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

    def get_session_auth_hash(self):
        """Value every session of this person carries: a new password or a new ``session_epoch`` ends them all."""
        return self._session_hash()

    def get_session_auth_fallback_hash(self):
        """The same under the secret keys being retired (``SECRET_KEY_FALLBACKS``)."""
        for secret in settings.SECRET_KEY_FALLBACKS:
            yield self._session_hash(secret)

    def _session_hash(self, secret=None) -> str:
        value = f"{self.password}{self.session_epoch}"
        return salted_hmac("accounts.User.session", value, secret=secret, algorithm="sha256").hexdigest()
