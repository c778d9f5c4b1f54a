"""axe-core in a page: what it finds that keeps somebody from using it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")
RUN = """
async () => {
  const found = await axe.run(document, { resultTypes: ["violations", "incomplete"] });
  return { rules: found.passes.length + found.violations.length, violations: found.violations };
}
"""


def run_axe(page: Page) -> tuple[int, list[str]]:
    """How many rules found something to judge, and the grave findings, in words."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    answer: dict[str, Any] = page.evaluate(RUN)
    grave = [
        f"{page.url}: {v['id']} ({v['impact']}): {v['help']}: {node['html'][:200]} {node['failureSummary']}"
        for v in answer["violations"]
        if v["impact"] in GRAVE
        for node in v["nodes"]
    ]
    return int(answer["rules"]), grave
