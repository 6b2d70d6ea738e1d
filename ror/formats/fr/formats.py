"""Dates as everywhere else on the site (spec 80): 22/11/2026 à 01:33. The rest is Django's own French."""

DATE_FORMAT = SHORT_DATE_FORMAT = "d/m/Y"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "d/m/Y à H:i"
