"""The review by SESAN: the queue, a dossier and its fiches field by field, the acts."""

from django.urls import path

from ..views import review, review_acts

urlpatterns = [
    path("a-valider/", review.review_queue, name="review_queue"),
    path("<int:dossier_id>/validation/", review.dossier_review, name="dossier_review"),
    path("<int:dossier_id>/validation/<int:fiche_id>/", review.fiche_review, name="fiche_review"),
    path("<int:dossier_id>/prendre/", review_acts.dossier_take, name="dossier_take"),
    path("<int:dossier_id>/valider/", review_acts.dossier_validate, name="dossier_validate"),
    path("<int:dossier_id>/renvoyer/", review_acts.dossier_return, name="dossier_return"),
]
