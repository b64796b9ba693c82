"""Why a store could not do what it was asked, by what the caller should do about it."""

from __future__ import annotations


class StoreError(Exception):
    """Base of all; the text says what happened and what to do."""


class StoreUnavailable(StoreError):
    """The database is away, full, read-only or too slow: nothing is known to be lost, try again later."""


class StoreConflict(StoreError):
    """Another transaction was in the way and retries ran out: try again."""


class StoreRefused(StoreError):
    """The rows themselves are not acceptable (range, size, orphan): trying again cannot help."""


class StoreUnusable(StoreError):
    """Not a StorySign database, or its schema is too old or too new: an operator has to act."""


class NotFound(StoreError):
    """No such record, or it belongs to somebody else."""


class IllegalTransition(StoreError):
    """The session's status does not allow this."""
