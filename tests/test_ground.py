"""The rows that tests share: laid anew once their transaction is over."""

from types import SimpleNamespace

from tests import ground


def test_rows_whose_transaction_is_over_are_forgotten(monkeypatch):
    closed = []
    lost = SimpleNamespace(
        connection=None, needs_rollback=False, in_atomic_block=False, close=lambda: closed.append(True)
    )
    monkeypatch.setattr(ground, "connection", lost)
    shared = ground.Ground(SimpleNamespace)
    shared.atomics, shared.built = [object()], [SimpleNamespace()]
    shared.make_room(1)
    assert (shared.atomics, shared.built, closed) == ([], [], [True])
