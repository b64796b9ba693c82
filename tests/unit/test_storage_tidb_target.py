"""A ``mysql://`` URL is read whole, or refused in words; every error number has its meaning."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from asyncmy.errors import OperationalError

from storage.errors import StoreRefused, StoreUnavailable, StoreUnusable
from storage.open import shown
from storage.tidb.failures import OUTAGE, REFUSED, RETRY, STOP, Again, store_error
from storage.tidb.target import Target, parse


def test_a_whole_url() -> None:
    target = parse("mysql://ada:p%40ss@db.example:4001/signs?ca=/ca.pem&pool=3&deadline_s=2.5")
    assert target == Target("db.example", 4001, "ada", "p@ss", "signs", ca="/ca.pem", pool=3, deadline_s=2.5)
    assert target.where == "signs at db.example:4001"
    assert "p@ss" not in repr(target)


def test_a_short_url() -> None:
    target = parse("mysql://root@localhost/signs?socket=/run/s.sock")
    assert (target.port, target.password, target.where) == (4000, "", "signs at /run/s.sock")
    assert target.ssl_context() is None
    assert target.connect_arguments()["unix_socket"] == "/run/s.sock"


@pytest.mark.parametrize(
    "url",
    [
        "mysql://",
        "mysql://host",
        "mysql://host/",
        "mysql:///signs",
        "mysql://host/a/b",
        "mysql://host:port/a",
        "mysql://host/a?colour=red",
        "mysql://host/a?pool=many",
        "mysql://host/a?pool=0",
        "mysql://host/a?deadline_s=0",
        "mysql://host/a?tls=maybe",
        "mysql://host/a?pool",
        "mysql://[host/a",
    ],
)
def test_a_wrong_url_is_refused_in_words(url: str) -> None:
    with pytest.raises(StoreUnusable, match="it reads mysql://USER:PASSWORD@HOST:PORT/DATABASE"):
        parse(url)


def test_tls_verifies_certificate_and_name(tmp_path: Path) -> None:
    context = parse("mysql://host/a?tls=system").ssl_context()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    junk = tmp_path / "ca.pem"
    junk.write_text("not a certificate")
    for path in (junk, tmp_path / "absent.pem"):
        with pytest.raises(StoreUnusable, match="certificate of an authority"):
            parse(f"mysql://host/a?ca={path}").ssl_context()


def test_every_number_has_one_meaning() -> None:
    meanings = (RETRY, OUTAGE.keys(), REFUSED, STOP.keys())
    assert sum(len(numbers) for numbers in meanings) == len(set().union(*meanings))


@pytest.mark.parametrize(
    ("number", "text", "kind"),
    [
        (1213, "Deadlock found", Again),
        (9007, "Write conflict", Again),
        (1105, "Information schema is changed during the execution", Again),
        (1105, "something else", StoreUnavailable),
        (2013, "Lost connection", StoreUnavailable),
        (9005, "Region is unavailable", StoreUnavailable),
        (7777, "new in the next version", StoreUnavailable),
        (1406, "Data too long", StoreRefused),
        (8004, "Transaction is too large", StoreRefused),
        (1146, "Table does not exist", StoreUnusable),
        (1045, "Access denied", StoreUnusable),
    ],
)
def test_the_number_decides(number: int, text: str, kind: type[Exception]) -> None:
    error = store_error(OperationalError(number, text), "signs at x")
    assert type(error) is kind
    assert str(number) in str(error) and text in str(error)


def test_a_broken_connection_without_a_number() -> None:
    assert "connection failed" in str(store_error(ConnectionResetError(), "signs at x"))


def test_what_people_are_shown_of_a_url_has_no_password():
    assert shown("mysql://ann:secret@db.example:4000/storysign") == "mysql: storysign at db.example:4000"
    assert shown("sqlite:///place/a.db") == "sqlite:///place/a.db"
