"""A process that owns a PostgreSQL: `python -m tests.faults.scene.owner FOLDER`.

For each line on its standard input it starts the server, again if it has ended, and prints its address. It is a process
of its own because the server ends with the thread that started it, and a start blocks that thread."""

import sys
from dataclasses import asdict
from pathlib import Path

import orjson

from app.adapters.db.embedded import EmbeddedPostgres, EmbeddedPostgresError

# Small enough for a disk that is filled by a fault.
_OPTIONS = {"max_wal_size": "256MB", "min_wal_size": "32MB"}


def main() -> None:
    folder = Path(sys.argv[1])
    server = EmbeddedPostgres(folder, options=_OPTIONS)
    for _ in sys.stdin:
        try:
            answer: object = asdict(server.start())
        except EmbeddedPostgresError as error:
            answer = str(error)
        sys.stdout.buffer.write(orjson.dumps(answer) + b"\n")
        sys.stdout.flush()
    server.stop()


if __name__ == "__main__":
    main()
