"""What is counted of files."""

from app.utils.metrics import counter, gauge

RECEIVED = counter("attachment_received_bytes", "bytes of uploads that were stored")
SERVED = counter("attachment_served_bytes", "bytes of files that were sent to clients")
PROCESSED = counter("attachments_processed", "uploads that became `ready` or were `refused`", ("outcome",))
STORE_BYTES = gauge(
    "attachment_store_bytes",
    "disk of the folder with the files: bytes that are `free`, and `total`; not measured for S3",
    ("state",),
    multiprocess_mode="livemin",
)
