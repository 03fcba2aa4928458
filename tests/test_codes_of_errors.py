"""The examples of errors in the OpenAPI document."""

from app.commands.tables import tabulate_errors
from app.fastapi_engine.constructor import build_app
from app.services.problem import Problem
from app.settings import Settings
from app.utils.setup_modules import discover_modules


def test_the_example_of_an_error_has_its_code(base_settings: Settings) -> None:
    reported: dict[str, set[str]] = {}
    paths = build_app(base_settings).openapi()["paths"]
    operations = [(path, method, each) for path, methods in paths.items() for method, each in methods.items()]
    for path, method, operation in operations:
        for status, answer in operation["responses"].items():
            for example in answer.get("content", {}).get("application/problem+json", {}).get("examples", {}).values():
                problem = example["value"]
                where = (path, method, status, problem["code"])
                Problem.model_validate(problem)
                assert str(problem["status"]) == status, where
                assert problem["type"].endswith(problem["code"]), where
                assert "{" not in problem["instance"], where
                reported.setdefault(status, set()).add(problem["code"])
    # A created module has codes of its own.
    rows = tabulate_errors(discover_modules().values(), in_russian=False).splitlines()
    on_page = {(row.split("|")[2].strip(), row.split("`")[1]) for row in rows}
    assert {(status, code) for status, codes in reported.items() for code in codes} <= on_page
    expected = {
        "400": {"bad_request"},
        "401": {"unauthenticated", "reauthentication_required", "second_factor_required", "wrong_code"},
        "403": {"forbidden", "second_factor_missing", "sign_up_closed"},
        "404": {"not_found"},
        "409": {
            "conflict",
            "link_required",
            "offset_mismatch",
            "attachment_taken",
            "attachment_not_ready",
            "root_is_reply",
        },
        "410": {"stream_gap", "upload_expired", "link_expired"},
        "412": {"tus_version_not_supported", "precondition_failed"},
        "413": {"payload_too_large"},
        "414": {"uri_too_long"},
        "415": {"unsupported_media_type"},
        "416": {"range_not_satisfiable"},
        "422": {"validation_error", "idempotency_mismatch"},
        "429": {"rate_limited"},
        "460": {"checksum_mismatch"},
        "500": {"internal_error"},
        "503": {"unavailable", "search_building"},
        "507": {"quota_exceeded"},
    }
    assert {status: codes & reported[status] for status, codes in expected.items()} == expected
