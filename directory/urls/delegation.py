"""Delegation, account requests, review of rights, members of a CPTS."""

from django.urls import path

from ..views import account_requests, delegation, members, reviews

urlpatterns = [
    path("delegations/", delegation.delegations, name="delegations"),
    path("delegations/eg/<int:entity_id>/nommer/", delegation.delegation_add, name="delegation_add"),
    path("delegations/<int:assignment_id>/retirer/", delegation.assignment_end, name="assignment_end"),
    path("demandes-de-compte/", account_requests.account_requests, name="account_requests"),
    path("demandes-de-compte/nouvelle/", account_requests.account_request_add, name="account_request_add"),
    path(
        "demandes-de-compte/<int:request_id>/", account_requests.account_request_detail, name="account_request_detail"
    ),
    path(
        "demandes-de-compte/<int:request_id>/accepter/",
        account_requests.account_request_approve,
        name="account_request_approve",
    ),
    path(
        "demandes-de-compte/<int:request_id>/refuser/",
        account_requests.account_request_refuse,
        name="account_request_refuse",
    ),
    path("revue-des-droits/", reviews.rights_review, name="rights_review"),
    path("revue-des-droits/export/", reviews.rights_review_export, name="rights_review_export"),
    path("eg/<int:entity_id>/membres/", members.cpts_members, name="cpts_members"),
    path("eg/<int:entity_id>/membres/ajouter/", members.cpts_member_add, name="cpts_member_add"),
    path("eg/<int:entity_id>/membres/<int:practitioner_id>/sas/", members.cpts_member_sas, name="cpts_member_sas"),
    path(
        "eg/<int:entity_id>/membres/<int:practitioner_id>/retirer/",
        members.cpts_member_remove,
        name="cpts_member_remove",
    ),
]
