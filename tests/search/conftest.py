import pytest

from search.indexing import index


@pytest.fixture
def rebuilt(db):
    """Rebuild the index: ``rebuilt()`` after the rows of a test are made by factories, which send no signal."""
    return index.rebuild_all
