"""A real Chromium, a phone and a desk, and a simulated vendor with something to sign."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from paraph_ignisign.simulator import create
from providers.ignisign.simulator_driver import Driver
from support.browsing import ARGUMENTS, DESK, PATIENCE, PHONE, Complaints


@pytest.fixture(scope="module")
def chromium(chromium_program: str) -> Iterator[Browser]:
    """Run Chromium for one module: Playwright keeps an event loop that other modules must not meet."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Open pages in contexts of their own; afterwards no page may have complained on its console."""
    contexts, complaints = [], Complaints()

    def opened(**options: object) -> Page:
        context = chromium.new_context(**options)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        complaints.listen(page)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [] == complaints.all


@pytest.fixture
def phone(open_page: Callable[..., Page]) -> Page:
    """Hold a phone of 390 by 844 points with a touch screen."""
    return open_page(**PHONE)


@pytest.fixture
def desk(open_page: Callable[..., Page]) -> Page:
    """Sit at a desk with a keyboard."""
    return open_page(**DESK)


@pytest.fixture
def vendor() -> Iterator[Driver]:
    """Serve a fresh simulated Ignisign."""
    simulator = create()
    with simulator.running() as base_url, Driver(simulator, base_url) as driver:
        yield driver
