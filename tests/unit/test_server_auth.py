"""Bearer tokens and tickets: what opens a stream, exactly once, and what does not."""

from __future__ import annotations

import hashlib
import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.auth import Ticket, TicketOffice, TicketRefused, hash_token, new_bearer_token

LEARNER, SESSION = b"L" * 16, b"S" * 16
TTL_MS = 60_000


def office(secret: bytes = b"k" * 32, **options) -> TicketOffice:
    numbers = itertools.count()
    return TicketOffice(secret, TTL_MS, new_nonce=lambda: next(numbers).to_bytes(16, "big"), **options)


def refusal(tickets: TicketOffice, token: str, now_ms: int) -> str:
    with pytest.raises(TicketRefused) as caught:
        tickets.redeem(token, now_ms)
    return caught.value.reason


def test_tokens_are_random_and_only_their_hash_is_kept():
    first, second = new_bearer_token(), new_bearer_token()
    assert first != second
    assert len(first) >= 43
    assert hash_token(first) == hashlib.sha256(first.encode()).digest()


def test_a_ticket_opens_once():
    tickets = office()
    token = tickets.mint(LEARNER, SESSION, "default", 1_000)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", token), "it has to be a name in Sec-WebSocket-Protocol"
    assert tickets.redeem(token, 2_000) == Ticket(LEARNER, SESSION, "default")
    assert refusal(tickets, token, 2_001) == "used"


def test_a_ticket_expires():
    tickets = office()
    token = tickets.mint(LEARNER, SESSION, "default", 1_000)
    assert refusal(tickets, token, 1_000 + TTL_MS) == "expired"
    assert tickets.redeem(token, 999 + TTL_MS).session_id == SESSION


def test_a_used_ticket_stays_refused_after_its_time_and_when_the_clock_goes_back():
    tickets = office()
    token = tickets.mint(LEARNER, SESSION, "default", 1_000)
    tickets.redeem(token, 2_000)
    later = tickets.mint(LEARNER, SESSION, "default", 1_000 + TTL_MS)
    tickets.redeem(later, 1_001 + TTL_MS)
    assert refusal(tickets, token, 2_000) == "expired"


def test_a_ticket_of_another_process_is_refused():
    token = office(b"a" * 32).mint(LEARNER, SESSION, "default", 0)
    assert refusal(office(b"b" * 32), token, 1) == "forged"


@given(st.data())
def test_no_changed_ticket_opens(data):
    tickets = office()
    token = tickets.mint(LEARNER, SESSION, "école", 0)
    place = data.draw(st.integers(0, len(token) - 2))
    letter = data.draw(st.sampled_from("ABCabc019-_").filter(lambda c: c != token[place]))
    assert refusal(tickets, token[:place] + letter + token[place + 1 :], 1) == "forged"


@given(st.text(max_size=700))
def test_any_text_is_refused_in_so_many_words(text: str):
    assert refusal(office(), text, 1) == "forged"


@given(st.lists(st.tuples(st.integers(0, 3 * TTL_MS), st.booleans()), max_size=40))
def test_memory_is_bounded_and_no_ticket_opens_twice(steps: list[tuple[int, bool]]):
    tickets = office(remembered=5)
    opened: list[str] = []
    for now_ms, again in sorted(steps):
        if again:
            for token in opened:
                assert refusal(tickets, token, now_ms) in ("used", "expired")
        else:
            token = tickets.mint(LEARNER, SESSION, "default", now_ms)
            try:
                tickets.redeem(token, now_ms)
            except TicketRefused as refused:
                assert refused.reason == "expired"
            opened.append(token)
        assert tickets.remembered_count <= 5
