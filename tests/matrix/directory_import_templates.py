"""Rows of the Excel templates of imports: support alone."""

from . import Row

SUPPORT = "login 403 403 403 200 403 403"

ROWS = [
    Row("directory:import_units_template", get=SUPPORT),
    Row("directory:import_accounts_template", get=SUPPORT),
]
