"""A real browser, Debian's chromium, driven by playwright.

Where there is none these tests are skipped; with AGORA_AUDIO_BROWSER set, as in CI, that is an error.
"""

from __future__ import annotations

import importlib.util
import os
import shutil

import pytest

REQUIRED = "AGORA_AUDIO_BROWSER" in os.environ
ARGUMENTS = [
    "--no-sandbox",  # root has none
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


# Milliseconds after which what was waited for does not come: long, for machines that have other work.
PATIENCE = 90_000


def chromium():
    return shutil.which("chromium") or shutil.which("chromium-browser")


def missing():
    """What there is not, and how to get it; empty: all is there."""
    if importlib.util.find_spec("playwright") is None:
        return "playwright is not installed: uv sync --group browser"
    return "" if chromium() else "there is no chromium: apt-get install chromium"


@pytest.fixture(scope="session")
def browser():
    if missing():
        (pytest.fail if REQUIRED else pytest.skip)(missing())
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield running
        running.close()


class Seen:
    """What a page asked for and complained of."""

    def __init__(self, page) -> None:
        self.requests = []
        self.complaints = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on(
            "console", lambda message: message.type in ("error", "warning") and self.complaints.append(message.text)
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def leaving(self, *allowed):
        """The requests that leave what is allowed."""
        return [url for url in self.requests if not url.startswith((*allowed, "blob:", "data:"))]


@pytest.fixture
def open_page(browser):
    """Open an address in a window of its own; `page.seen` says what the page did."""
    contexts = []

    def opened(address, **window):
        window.setdefault("viewport", {"width": 1280, "height": 900})
        context = browser.new_context(**window)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.seen = Seen(page)
        page.goto(str(address))
        return page

    yield opened
    for context in contexts:
        context.close()
