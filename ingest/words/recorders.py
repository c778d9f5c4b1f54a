"""Why something that is plugged in cannot be opened, and what became of a docking, in Chinese and English; part of `ingest.words.words`."""

from __future__ import annotations

RECORDERS: dict[str, tuple[str, str]] = {
    # why something that is plugged in cannot be opened
    "may-not-mount": (
        "采集站无权挂载；请以 root 运行采集站，或让桌面系统挂载。记录仪未被改动",
        "the station may not mount it: run it as root or let the desktop mount it; nothing was changed",
    ),
    "filesystem-not-known-here": (
        "本机无法读取此文件系统；请加载内核模块或安装所列软件包后重新插入。记录仪未被改动",
        (
            "this machine cannot read its file system; load the kernel's module or install the package named, "
            "then plug it in again; nothing was changed"
        ),
    ),
    "filesystem-not-readable": (
        "不支持的文件系统；记录仪未被改动，请保留并通知管理员",
        "its file system cannot be read by this system; nothing was changed, keep it and call the administrator",
    ),
    "filesystem-damaged": (
        "文件系统已损坏，无法挂载；请勿修复或格式化，保留记录仪并通知管理员",
        (
            "the file system is damaged and cannot be mounted; do not repair or format it, keep it and call "
            "the administrator"
        ),
    ),
    "filesystem-unknown": (
        "未识别的文件系统；请勿格式化，保留记录仪并通知管理员",
        "no known file system on it; do not format it, keep it and call the administrator",
    ),
    "medium-unreadable": (
        "存储介质无法读取；请重新插入；仍然如此请保留并通知管理员",
        "the medium cannot be read; plug it in again, and if that does not help keep it and call the administrator",
    ),
    "partitions-not-shown": (
        "存储介质的分区尚未就绪，正在重试",
        "its partitions are not shown yet; it is tried again",
    ),
    "partition-blank": ("分区为空，没有文件系统", "an empty partition without a file system"),
    "device-claimed": (
        "其他程序（例如桌面的照片导入）正在使用此设备；请关闭后重新插入",
        "another program, such as the desktop's photo import, holds the device; close it and plug it in again",
    ),
    "no-medium": ("没有可读的存储介质", "there is no medium to read"),
    "folder-not-opened": ("无法打开文件夹", "the folder cannot be opened"),
    "not-answering": (
        "记录设备无响应；其他采集口不受影响。请重新插入，仍然如此请通知管理员",
        (
            "it does not answer; the other sockets go on. Plug it in again, and if that does not help call the "
            "administrator"
        ),
    ),
    "driver-not-answering": (
        "驱动程序无响应；其他采集口不受影响，请通知管理员",
        "a driver does not answer; the others go on, call the administrator",
    ),
    "driver-failed": (
        "驱动程序出错；请保留记录仪并通知管理员",
        "its driver failed; keep it and call the administrator",
    ),
    "login-refused": (
        "记录仪拒绝登录；请管理员核对登录口令设置",
        "the recorder does not accept the log-in; let the administrator check the station's log-ins",
    ),
    "no-disk-mode": (
        "记录仪无法切换为磁盘模式；请通知管理员",
        "the recorder cannot be made a disk; call the administrator",
    ),
    "gone": ("已拔出", "gone"),
    "sheet-method": (
        "以只读方式打开记录设备，逐文件一次读取复制，同时计算 SHA-256 与 SM3；写入后绕过缓存读回比对，上传后锁定保存",
        (
            "the recorder opened read-only, each file read once and copied while SHA-256 and SM3 were computed; what was "
            "written was read back past the cache and compared, then uploaded and locked"
        ),
    ),
    "bad-profile": (
        "记录仪命名规则文件 {file} 无法使用（{where}）：{what}；其他规则照常使用，请改正后重启采集站",
        "the recorder profile {file} cannot be used ({where}): {what}; the others are used, mend it and restart the station",
    ),
    "set-aside": (
        "{folder} 中有 {count} 个文件未经日志确认或已损坏，已单独保存；请勿删除，并通知管理员",
        (
            "{count} files that the journal does not know, or that are damaged, lie set aside in {folder}; "
            "do not delete them, call the administrator"
        ),
    ),
}
