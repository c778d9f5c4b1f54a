"""What a browser complains about while somebody works: every complaint fails the test that saw it."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

CSP_LISTENER = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`CSP: ${event.violatedDirective} forbids ${event.blockedURI || event.sample}`);
});
"""


class Watch:
    """Collects console errors, uncaught exceptions, CSP violations and requests that failed, on all pages of a context."""

    def __init__(self, context: BrowserContext) -> None:
        self.troubles: list[str] = []
        self._expected: list[str] = []
        context.add_init_script(CSP_LISTENER)
        context.on("page", self._follow)

    def expect(self, text: str) -> None:
        """Let pass what holds `text`: a test that opens a used-up link will be answered with status 410."""
        self._expected.append(text)

    def check(self) -> None:
        """Fail with everything that was complained about."""
        left = [t for t in self.troubles if not any(text in t for text in self._expected)]
        assert not left, "the browser complained:\n" + "\n".join(left)

    def _follow(self, page: Page) -> None:
        page.on("console", lambda message: self._console(page, message))
        page.on("pageerror", lambda error: self.troubles.append(f"{page.url}: uncaught {error}"))
        page.on("requestfailed", lambda request: self._failed(page, request))

    def _console(self, page: Page, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.troubles.append(
                f"{page.url}: {message.type}: {message.text} ({message.location.get('url', '')})"
            )

    def _failed(self, page: Page, request: Request) -> None:
        # A film that is left, and a download that begins, end their request in this way.
        if request.failure != "net::ERR_ABORTED":
            self.troubles.append(f"{page.url}: {request.url} failed: {request.failure}")
