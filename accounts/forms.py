from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm

LENGTH_ADVICE = "Au moins douze caractères\u202f; une phrase facile à retenir convient bien."


class SignInForm(AuthenticationForm):
    """Identifier and password; the identifier is kept as it was typed when the pair is refused."""

    error_messages = AuthenticationForm.error_messages | {
        "invalid_login": (
            "L’identifiant ou le mot de passe n’est pas le bon. Vérifiez-les, ou demandez un nouveau mot de passe."
        ),
    }

    def __init__(self, request=None, *args, **kwargs):
        super().__init__(request, *args, **kwargs)
        identifier, password = self.fields["username"], self.fields["password"]
        identifier.label, password.label = "Identifiant", "Mot de passe"
        identifier.error_messages["required"] = "Saisissez votre identifiant."
        password.error_messages["required"] = "Saisissez votre mot de passe."
        identifier.widget.attrs |= {"autocapitalize": "none", "autocomplete": "username", "spellcheck": "false"}

    def clean_username(self):
        return self.cleaned_data["username"].strip()


class PasswordResetForm(forms.Form):
    """The address to mail a link to."""

    email = forms.EmailField(
        label="Adresse mail",
        help_text="Celle de votre compte, par exemple prenom.nom@etablissement.fr.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        max_length=254,
        error_messages={
            "required": "Saisissez l’adresse mail de votre compte.",
            "invalid": "Saisissez une adresse mail complète, par exemple prenom.nom@etablissement.fr.",
        },
    )


class _NewPasswordWording:
    """Labels of the two fields of a new password, and the rules said before the mistake."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        first, second = self.fields["new_password1"], self.fields["new_password2"]
        first.label, second.label = "Nouveau mot de passe", "Nouveau mot de passe, encore une fois"
        first.help_text, second.help_text = LENGTH_ADVICE, ""


class NewPasswordForm(_NewPasswordWording, SetPasswordForm):
    """A new password, from the link of a mail."""


class ChangePasswordForm(_NewPasswordWording, PasswordChangeForm):
    """A new password, the present one being known."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["old_password"].label = "Mot de passe actuel"
        self.fields["old_password"].widget.attrs.pop("autofocus", None)
