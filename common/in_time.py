"""Reading what a service of others answers within a time.

The time-out of a connection is that of each piece that comes: a service that drips would hold who reads it for ever.
"""

import http.client
import time


def body_in_time(answer: http.client.HTTPResponse, until: float, largest: int) -> bytes:
    """What is read of an answer before ``until`` (of ``time.monotonic``), ``largest`` bytes at most.

    Raises ``TimeoutError`` for one that comes too slowly.
    """
    found = b""
    while len(found) < largest and (piece := answer.read1(largest - len(found))):
        found += piece
        if time.monotonic() > until:
            raise TimeoutError
    return found
