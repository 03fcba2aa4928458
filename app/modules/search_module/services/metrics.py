"""Metrics of searches."""

from app.utils.metrics import counter, histogram

SECONDS = histogram(
    "search_seconds",
    "histogram of the time of message searches, by order",
    ("order",),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1),
)
TRUNCATED = counter("searches_truncated", "searches that reached their time limit and returned what was found by then")
INDEXED = counter("search_indexed", "messages written into the search index, counted each time")
