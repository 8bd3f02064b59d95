"""The browser of the other tests: it must see what they rely on being absent."""

from __future__ import annotations

from pathlib import Path

from Testing.browser import look

PAGE = """<!doctype html><title>Page</title><body style="margin: 0; background: #c00">
<img src="https://example.org/outside.png"><script>
console.error("gone wrong"); document.body.append("žluť")
</script>"""


def test_a_page_is_seen_heard_and_watched(tmp_path: Path) -> None:
    page = tmp_path / "a page.html"
    page.write_text(PAGE, encoding="utf-8")
    seen = look(page.as_uri(), (300, 200))
    assert seen.picture.shape == (200, 300, 3)
    assert tuple(seen.picture[150, 200]) == (204, 0, 0)
    assert "žluť" in seen.dom
    assert seen.console == ("gone wrong",)
    assert seen.requested == ("https://example.org/outside.png",)
