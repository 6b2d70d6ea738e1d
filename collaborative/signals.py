"""Signals of dossiers, sent inside the transaction of the act."""

from django.dispatch import Signal

# dossier: as it is now; step: the change of state, None for a comment; previous_taker: the validator who had it;
# comment: given for a message.
dossier_changed = Signal()
