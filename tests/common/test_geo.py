import pytest
from geopy.distance import great_circle
from hypothesis import given
from hypothesis import strategies as st

from common.geo import EARTH_RADIUS_KM, Point, bounding_box, distance_km

POINTS = st.builds(Point, st.floats(-85, 85), st.floats(-180, 180))
NEAR_PARIS = st.builds(Point, st.floats(48, 49.3), st.floats(1.4, 3.6))


@given(POINTS, POINTS)
def test_distance_is_that_of_geopy(start, end):
    assert distance_km(start, end) == pytest.approx(great_circle(start, end).km, abs=1e-6)


def test_radius_is_that_of_the_settled_rule():
    assert EARTH_RADIUS_KM == 6371.009


@given(NEAR_PARIS, NEAR_PARIS, st.floats(0.1, 80))
def test_box_holds_every_point_within_the_radius(centre, point, radius):
    box = bounding_box(centre, radius)
    if distance_km(centre, point) <= radius:
        assert box.south <= point.lat <= box.north
        assert box.west <= point.lon <= box.east
