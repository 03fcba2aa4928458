"""The digest of the sources, which is the same in all processes of one version."""

from pathlib import Path

from app.utils.sources import digest_of_sources


def test_the_digest_is_that_of_all_sources_but_the_tests(tmp_path: Path) -> None:
    def copy(name: str, **files: str) -> Path:
        for path, content in files.items():
            file = tmp_path / name / path / "code.py"
            file.parent.mkdir(parents=True)
            file.write_text(content)
        return tmp_path / name

    first = digest_of_sources(copy("first", a="1", b="2"))
    assert digest_of_sources(copy("same", a="1", b="2")) == first
    assert digest_of_sources(copy("tested", a="1", b="2", tests="3")) == first
    for other in (copy("changed", a="1", b="3"), copy("renamed", a="1", c="2"), copy("moved", a="12", b="")):
        assert digest_of_sources(other) != first
