"""A writer to be killed: flushes for several sessions, again and again, and says what the store acknowledged.

Run as ``python -m tests.support.flush_forever URL SESSION…``; one line ``session-hex watermark`` for each outcome.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import time

from storage.open import open_store
from storage.records import id_from_text
from tests.support.store_makers import StepRules, a_flush

ATTEMPTS_A_FLUSH = 3


async def main(url: str, sessions: list[str]) -> None:
    store = open_store(url, StepRules())
    await store.open()
    now_ms = time.time_ns() // 1_000_000
    owned = [(await store.activate(id_from_text(text), now_ms)).session for text in sessions]
    for step in itertools.count():
        batch = []
        for session in owned:
            lo = session.stored_through + step * ATTEMPTS_A_FLUSH
            batch.append(a_flush(session, lo, lo + ATTEMPTS_A_FLUSH))
        for outcome in await store.flush(batch, now_ms + step):
            assert outcome.kind == "committed", outcome
            print(outcome.session_id.hex(), outcome.stored_through, flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2:]))
