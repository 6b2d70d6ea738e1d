"""What people keep: saved searches, « Ma sélection », comparison, orientation sheet."""
