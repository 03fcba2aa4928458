"""A process that cannot open another file reports that, and goes on serving open connections."""

import resource
from pathlib import Path

import httpx

from tests.fakers import problem
from tests.processes import RunningServer

FILES = ("/ui", "/ui/js/main.js", "/docs/assets/swagger-ui.css")


def test_an_exhausted_file_limit_is_not_reported_as_a_database_outage(project: Path, place: Path) -> None:
    with RunningServer(project, place / "postgres-of-descriptors", API_RELOAD="false") as server:
        server.wait_until_ready()
        with httpx.Client(base_url=server.base_url, timeout=30) as http:
            for path in ("/healthcheck/ready", *FILES):
                assert http.get(path).status_code == 200, path
            pid = server.process.pid
            limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
            # Below the number of open files: each new file, socket or folder exceeds it.
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, limits[1]))
            for path in FILES:
                answer = http.get(path)
                error = problem(answer, 503, "unavailable")
                assert "file" in error["detail"], path
                assert "database" not in answer.text, path
                assert answer.headers["retry-after"] == "1"
            assert http.get("/ui/nothing.js").status_code in (404, 503)
            assert http.get("/healthcheck/ready").status_code == 200
            resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
            for path in FILES:
                assert http.get(path).status_code == 200, path
    assert "Too many open files" in server.output
