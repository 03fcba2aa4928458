"""Numbers and names that several parts of the application use."""

from app.settings.base import PROJECT_ROOT

LOGS_DIR = PROJECT_ROOT / "logs"
MODULES_DIR = PROJECT_ROOT / "app" / "modules"
DOCS_DIR = PROJECT_ROOT / "docs"
MIGRATIONS_DIR = PROJECT_ROOT / "app" / "adapters" / "db" / "migrations"

MODULE_SUFFIX = "_module"
BASE_MODULE = "base"

MAX_BODY_BYTES = 16 * 1024
"""The largest body of a request if its route sets no other limit, or if the caller is not signed in."""
MAX_CHAT_BYTES = 32 * 1024
"""The largest body of a new chat: 200 members, and a description of 1,000 code points."""
MAX_MESSAGE_BYTES = 256 * 1024
"""The largest body of a message. A text with the white space around it has up to 240,000 bytes in JSON."""
MAX_ADDRESS_BYTES = 8 * 1024
"""The longest path of a request with its query."""
MAX_FRAME_BYTES = 1024 * 1024
MAX_PAGE = 200
DEFAULT_PAGE = 50
SIGNALLED_MEMBERS = 100
"""The largest number of members of a chat in which typing, presence and receipts are sent."""
MAX_BIGINT = 2**63 - 1
WRITE_EXTENSION, RECEIVE_EXTENSION = "messenger.write", "messenger.receive"
PROGRESS_EXTENSION = "messenger.progress"
"""ASGI extensions of the server's own WebSocket protocol: it accepts encoded frames, returns all texts that have
arrived at once, and counts the bytes that the client has received.
"""
