import pytest
from geopy.distance import great_circle
from hypothesis import given
from hypothesis import strategies as st

from common.geo import EARTH_RADIUS_KM, Point, distance_km

POINTS = st.builds(Point, st.floats(-85, 85), st.floats(-180, 180))


@given(POINTS, POINTS)
def test_distance_is_that_of_geopy(start, end):
    assert distance_km(start, end) == pytest.approx(great_circle(start, end).km, abs=1e-6)


def test_radius_is_that_of_the_settled_rule():
    assert EARTH_RADIUS_KM == 6371.009
