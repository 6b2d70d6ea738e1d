"""Addresses of campaigns."""

from django.urls import path

from ..views import campaign_acts, campaign_mine, campaigns

CAMPAIGN = "campagnes/<int:campaign_id>/"
urlpatterns = [
    path("campagnes/", campaigns.campaigns, name="campaigns"),
    path("campagnes/nouvelle/", campaigns.campaign_create, name="campaign_create"),
    path(CAMPAIGN, campaigns.campaign_detail, name="campaign_detail"),
    path(f"{CAMPAIGN}mes-etablissements/", campaign_mine.campaign_mine, name="campaign_mine"),
    path(f"{CAMPAIGN}modifier/", campaigns.campaign_edit, name="campaign_edit"),
    path(f"{CAMPAIGN}ajouter/", campaigns.campaign_add, name="campaign_add"),
    path(f"{CAMPAIGN}retirer/<int:target_id>/", campaign_acts.campaign_remove, name="campaign_remove"),
    path(f"{CAMPAIGN}relancer/", campaign_acts.campaign_remind, name="campaign_remind"),
    path(f"{CAMPAIGN}clore/", campaign_acts.campaign_close, name="campaign_close"),
    path(f"{CAMPAIGN}bilan/", campaign_acts.campaign_report, name="campaign_report"),
]
