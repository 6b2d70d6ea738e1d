from django.urls import path

from .views import account, legal, sign_in

urlpatterns = [
    path("", account.home, name="home"),
    path("connexion/", sign_in.sign_in, name="login"),
    path("deconnexion/", sign_in.sign_out, name="logout"),
    path("compte/", account.account, name="account"),
    path("compte/mot-de-passe/", account.password_change, name="password_change"),
    path("compte/deconnexion-partout/", account.sign_out_everywhere, name="sign_out_everywhere"),
    path("compte/export/", account.account_export, name="account_export"),
    path("mot-de-passe/oublie/", sign_in.password_reset, name="password_reset"),
    path("mot-de-passe/oublie/envoye/", sign_in.password_reset_sent, name="password_reset_sent"),
    path("mot-de-passe/<uidb64>/<token>/", sign_in.PasswordResetConfirm.as_view(), name="password_reset_confirm"),
    path("conditions-generales/", legal.terms_of_use, name="terms"),
    path("conditions-generales/accepter/", legal.accept_terms, name="accept_terms"),
    path("mentions-legales/", legal.legal_notice, name="legal_notice"),
    path("accessibilite/", legal.accessibility, name="accessibility"),
]
