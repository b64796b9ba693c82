"""The databases that are ill-treated here."""

from tests.support.databases import database, empty_database, mariadb, own_mariadb

__all__ = ["database", "empty_database", "mariadb", "own_mariadb"]
