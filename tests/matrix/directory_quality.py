"""Rows of « Qualité des fiches »: directors follow their records, support the region (spec 10, Rules)."""

from . import Row

FOLLOWERS = "login 403 403 200 200 403 403"

ROWS = [
    Row("directory:quality_list", get=FOLLOWERS),
    Row("directory:quality_list", get=FOLLOWERS, query="?moins_de=abc&avant=0&regle=zz&page=-1", note="illisible"),
    Row("directory:quality_workbook", get=FOLLOWERS.replace("200", "away"), post=FOLLOWERS),
]
