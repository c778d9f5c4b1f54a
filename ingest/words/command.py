"""States of a slot, and what the command line says, in Chinese and English; part of `ingest.words.words`."""

from __future__ import annotations

COMMAND: dict[str, tuple[str, str]] = {
    # states
    "state-reading": ("正在读取目录", "reading the list of files"),
    "state-copying": ("正在复制，请勿拔出", "copying, do not remove"),
    "state-checking": ("正在核对，请勿拔出", "checking, do not remove"),
    "state-safe": ("已复制并核对，可以拔出", "copied and read back here, you may take it"),
    "state-attention": ("需要处理，请勿拔出", "needs attention, do not remove"),
    "state-gone": ("已拔出", "gone"),
    "state-empty": ("空闲", "empty"),
    # the command line
    "file": ("文件", "File"),
    "size": ("大小", "Size"),
    "digest": ("SHA-256", "SHA-256"),
    "recognised": ("凭特征识别，未读取", "recognised, not read"),
    "locked-until": ("防删除至", "Locked until"),
    "page": ("页面", "Page"),
    "state": ("状态", "State"),
    "received": ("已入库", "received"),
    "total": ("总计", "Total"),
    "handing-over": ("上传入库", "Handing over"),
    "recorder": ("记录设备", "Recorder"),
    "summary": (
        "{received} 个文件已入库（{size}），其中 {held} 个此前已入库，未重复保存。",
        "{received} files received ({size}); {held} of them were held already and not stored twice.",
    ),
    "all-held": (
        "全部 {held} 个文件此前均已入库，本次未重复保存。",
        "All {held} files were held already; nothing was stored twice.",
    ),
    "attention-list": ("需要处理的文件：", "Files that need attention:"),
    "left-out-list": ("未采集的项目：", "Left out:"),
    "nothing-found": ("未找到可采集的文件：{path}", "Nothing to take in was found at {path}."),
    "no-folder": (
        "无法打开 {path}：{reason}。请检查记录仪是否已挂载。",
        "{path} cannot be opened: {reason}. Check that the recorder is mounted.",
    ),
    "no-settings": (
        "缺少采集站设置：{path}。请先运行 liuhen up，或用 --server、--token-file 和 --data 指定。",
        "No station settings at {path}. Start `liuhen up` first, or give --server, --token-file and --data.",
    ),
    "server-unreachable": (
        (
            "无法连接服务器 {server}（{reason}）。已复制 {copied} 个文件，核对后保存在 {spool}，记录仪可以拔出；"
            "服务器恢复后，采集站或下一次 liuhen dock 会自动继续上传。"
        ),
        (
            "The server {server} cannot be reached ({reason}). {copied} files lie copied and read back in {spool}; "
            "the recorder may go. The station, or the next `liuhen dock`, hands them over once the server is back."
        ),
    ),
    "storage-unreachable": (
        "无法连接对象存储（{reason}）。已复制 {copied} 个文件，核对后保存在 {spool}；恢复后会自动继续上传。",
        (
            "The object storage cannot be reached ({reason}). {copied} files lie copied and read back in {spool}; "
            "they are handed over by themselves once it is back."
        ),
    ),
    "intake-stopped": (
        "服务器已停止接收：{reason}。已复制 {copied} 个文件，核对后保存在 {spool}；请管理员运行 liuhen storage check。",
        (
            "The server has stopped taking recordings in: {reason}. {copied} files lie copied and read back in {spool}; "
            "let the administrator run `liuhen storage check`."
        ),
    ),
    "token-refused": (
        "服务器不认可本采集站：{reason}。已复制 {copied} 个文件，核对后保存在 {spool}；请管理员重新登记本站。",
        (
            "The server does not accept this station: {reason}. {copied} files lie copied and read back in {spool}; "
            "let the administrator enrol the station again."
        ),
    ),
    "not-safe-yet": (
        "另有 {missing} 个文件尚未复制，仍只在记录仪上：请勿清除。",
        "{missing} further files are not copied and exist only on the recorder: do not erase it.",
    ),
    "spool-unusable": (
        "采集目录 {path} 无法使用：{reason}。尚未复制任何文件，请勿清除记录仪，并通知管理员。",
        "The spool {path} cannot be used: {reason}. Nothing was copied: do not erase the recorder, call the administrator.",
    ),
    "spool-busy": ("所有采集目录都在使用中：{path}", "All spools are in use: {path}"),
}
