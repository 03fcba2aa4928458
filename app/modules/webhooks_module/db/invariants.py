"""What `manage.py doctor` checks of webhooks."""

from app.utils.invariants import Invariant

_HAS_NO_WEBHOOK = "NOT EXISTS (SELECT FROM webhook w WHERE w.account_id = x.account_id AND w.id = x.webhook_id)"
INVARIANTS = (
    Invariant(
        says="every cursor of a webhook belongs to a webhook",
        find=f"""
            SELECT account_id AS stream_id, format('webhook %s, stream %s', webhook_id, x.stream_id) AS detail
            FROM webhook_cursor x WHERE {_HAS_NO_WEBHOOK}
        """,  # noqa: S608 - constants only
        advice="--fix deletes these cursors",
        fix=(f"DELETE FROM webhook_cursor x WHERE account_id = ANY($1) AND {_HAS_NO_WEBHOOK}",),  # noqa: S608
    ),
    Invariant(
        says="no webhook has a cursor in a deleted chat",
        find="""
            SELECT c.id AS stream_id, format('webhook %s', x.webhook_id) AS detail
            FROM webhook_cursor x JOIN chat c ON c.id = x.stream_id AND c.purged_at IS NOT NULL
        """,
        advice="the chats were deleted while the module was disabled; --fix deletes these cursors",
        fix=(
            """
            DELETE FROM webhook_cursor x USING chat c
            WHERE c.id = ANY($1) AND c.purged_at IS NOT NULL AND x.stream_id = c.id
            """,
        ),
    ),
)
