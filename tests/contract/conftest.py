"""The stores that the contract runs against."""

from tests.support.databases import database, empty_database, mariadb, store

__all__ = ["database", "empty_database", "mariadb", "store"]
