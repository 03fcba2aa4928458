"""What is counted of files."""

from app.utils.metrics import counter

RECEIVED = counter("attachment_received_bytes", "bytes of uploads that were stored")
SERVED = counter("attachment_served_bytes", "bytes of files that were sent to clients")
PROCESSED = counter("attachments_processed", "uploads that became `ready` or were `refused`", ("outcome",))
