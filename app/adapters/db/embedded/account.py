"""The system user that the embedded server runs as. PostgreSQL refuses to run as root."""

import os
import pwd
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from app.adapters.db.embedded.errors import EmbeddedPostgresError

_CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """A system user that root switches to."""

    name: str
    uid: int
    gid: int

    def check_reaches(self, path: Path, otherwise: str) -> None:
        """Raises EmbeddedPostgresError if a folder on the way to `path` is closed to this user, and names that folder.

        `otherwise` is what an operator can do instead of opening the folder. Folders that do not exist yet are not
        checked. No mode is changed, because the folders belong to other users.
        """
        path = path.resolve()
        for part in [*reversed(path.parents), path]:
            if part.is_dir() and not self._may_pass(part):
                raise EmbeddedPostgresError(
                    f'{part} is closed to the user "{self.name}", whom PostgreSQL runs as when root starts it: '
                    f"open it (chmod o+x {part}), or {otherwise}"
                )

    def _may_pass(self, path: Path) -> bool:
        found = path.stat()
        bit = 0o100 if found.st_uid == self.uid else 0o010 if found.st_gid == self.gid else 0o001
        return bool(found.st_mode & bit)


def choose_account(cluster: Path) -> Account | None:
    """Returns the user that the server runs as; None if it runs as the user of this process.

    For root it is the owner of an existing cluster, else `postgres`, else `nobody`. Raises EmbeddedPostgresError if
    the system has none of them.
    """
    if os.geteuid() != 0:
        return None
    if cluster.exists() and (owner := cluster.stat()).st_uid != 0:
        return _find_account(owner.st_uid) or Account(str(owner.st_uid), owner.st_uid, owner.st_gid)
    for name in _CANDIDATES:
        if account := _find_account(name):
            return account
    raise EmbeddedPostgresError(
        f"PostgreSQL does not run as root, and this system has no user {' or '.join(_CANDIDATES)} to step down to: "
        "start the application as an ordinary user, or set PG_SERVER_ADDRESS to a server of your own"
    )


def _find_account(user: str | int) -> Account | None:
    with suppress(KeyError):
        entry = pwd.getpwnam(user) if isinstance(user, str) else pwd.getpwuid(user)
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    return None
