"""Guards a Ray worker against a stray module that shadows one of our packages.

Ray puts the driver's working folder before site-packages, so a file called ``server.py`` there would be taken for our
package, and the mistake would show only as strange behaviour much later.
"""

from __future__ import annotations

from pathlib import Path

import actors
import protocol
import storage


def check_one_root() -> None:
    """Raises ImportError unless all of our packages come from the same folder."""
    roots = {
        module.__name__: Path(module.__file__ or "").resolve().parents[1] for module in (actors, protocol, storage)
    }
    if len(set(roots.values())) > 1:
        found = ", ".join(f"{name} from {root}" for name, root in roots.items())
        raise ImportError(f"packages of StorySign come from different folders ({found}): start it from a clean folder")
