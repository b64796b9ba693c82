"""The databases that are ill-treated here."""

from tests.support.databases import database, empty_database, mariadb

__all__ = ["database", "empty_database", "mariadb"]
