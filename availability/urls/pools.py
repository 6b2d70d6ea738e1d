"""Lits mutualisés."""

from django.urls import path

from ..views import pools

urlpatterns = [
    path("mutualisation/", pools.pool_list, name="pools"),
    path("mutualisation/etablissement/<int:entity_id>/", pools.pool_add, name="pool_add"),
    path("mutualisation/<int:pool_id>/", pools.pool_detail, name="pool_detail"),
    path("mutualisation/<int:pool_id>/separer/", pools.pool_separate, name="pool_separate"),
]
