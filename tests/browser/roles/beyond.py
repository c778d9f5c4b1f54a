"""What each role must not reach: what the navigation does not offer it, and addresses that somebody could type by hand."""

from __future__ import annotations

BEYOND: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "officer": (
        ("我的案件", "解除关联", "档案", "账户", "运行状况", "留痕日志", "采集站"),
        ("/accounts", "/custody", "/cases/new", "/archive", "/recorders/import", "/operations"),
    ),
    "handler": (
        ("解除关联", "保管期限", "档案", "鉴定销毁", "账户", "运行状况", "暂停销毁"),
        ("/accounts", "/detachments", "/retention", "/holds/new", "/cases/import", "/officers"),
    ),
    "section-head": (
        ("我的案件", "解除关联", "档案", "账户", "运行状况", "暂停销毁"),
        ("/accounts", "/archive", "/holds", "/custody/unusual", "/clips/attach", "/retention"),
    ),
    "leader": (
        ("我的案件", "采集", "设备台账", "账户", "留痕日志"),
        ("/clips/attach", "/custody", "/accounts", "/cases/new", "/disposal/expired", "/archive"),
    ),
    "bureau-head": (
        ("我的案件", "采集", "设备台账", "账户", "留痕日志"),
        ("/clips/attach", "/custody", "/accounts", "/cases/new", "/disposal/expired", "/officers"),
    ),
    "legal": (
        ("我的案件", "档案", "账户", "运行状况", "人员"),
        ("/accounts", "/archive", "/cases/new", "/my-cases", "/custody/export", "/recorders/import"),
    ),
    "archivist": (
        ("我的案件", "解除关联", "账户", "运行状况", "人员"),
        ("/accounts", "/detachments", "/cases/new", "/custody/unusual", "/officers", "/stations"),
    ),
    "office-head": (
        ("采集", "设备台账", "账户", "留痕日志", "暂停销毁"),
        ("/clips/attach", "/custody", "/accounts", "/holds", "/disposal/expired", "/cases/import"),
    ),
    "administrator": (
        ("声像资料", "案件", "档案", "账户", "运行状况", "留痕日志"),
        ("/clips", "/cases", "/custody", "/accounts", "/operations", "/archive"),
    ),
    "personnel": (
        ("声像资料", "案件", "采集", "设备台账", "账户", "留痕日志"),
        ("/clips", "/cases", "/custody", "/accounts", "/recorders", "/seals"),
    ),
    "auditor": (
        ("声像资料", "案件", "档案", "保管期限", "运行状况", "设备台账"),
        ("/clips", "/cases", "/archive", "/accounts/new", "/operations", "/recorders"),
    ),
    "system-administrator": (
        ("声像资料", "案件", "采集", "设备台账", "留痕日志", "档案"),
        ("/clips", "/cases", "/custody", "/recorders", "/stations", "/custody/export"),
    ),
    "security-administrator": (
        ("声像资料", "案件", "采集", "设备台账", "留痕日志", "运行状况"),
        ("/clips", "/cases", "/custody", "/accounts/new", "/operations", "/incidents"),
    ),
}
"""By role: lines of the navigation that are not there, and addresses that are refused in words."""
