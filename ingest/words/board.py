"""What the board and `liuhen station` say, in Chinese and English; part of `ingest.words.words`."""

from __future__ import annotations

BOARD: dict[str, tuple[str, str]] = {
    # headlines: few words, readable from two metres
    "board-h-empty": ("插入设备即可", "Plug in a recorder"),
    "board-h-taken": ("已取走", "Taken"),
    "board-h-reading": ("正在读取目录", "Reading the list"),
    "board-h-copying": (
        "正在复制 {n}/{files}",
        "Copying {n}/{files}",
    ),
    "board-h-checking": ("正在核对", "Checking"),
    "board-h-clearing": ("正在清理设备", "Releasing files"),
    "board-h-safe": ("可以取走", "You may take it"),
    "board-h-received": (
        "已安全入库",
        "Secured",
    ),
    "board-h-verified": (
        "已安全入库",
        "Secured",
    ),
    "board-h-nothing": ("可以取走", "You may take it"),
    "board-h-full": ("请勿取下", "Do not remove"),
    "board-h-early": ("请重新插入", "Plug it in again"),
    "board-h-keep": ("请保留设备", "Keep this recorder"),
    "board-h-attention": ("请勿取下", "Do not remove"),
    "board-h-unreadable": ("无法读取", "Cannot be read"),
    # the line below
    "board-empty": ("无需操作", "Nothing else to do"),
    "board-reading": ("请勿取下", "Do not remove"),
    "board-checking": ("正在读回比对，请勿取下", "Reading it back, do not remove"),
    "board-clearing": (
        "正在从设备中清除已入库的文件，请勿取下",
        "Removing what the archive holds, do not remove",
    ),
    "board-full": (
        "采集站磁盘已满，腾出空间后自动继续",
        "The station is full; it goes on by itself once there is room",
    ),
    "board-left-unknown": (
        "正在估算时间",
        "working out the time",
    ),
    "board-left-seconds": ("不到 1 分钟", "less than 1 min left"),
    "board-left-minutes": ("约 {count} 分钟", "{count} min left"),
    "board-left-hours": ("约 {count} 小时", "{count} h left"),
    "board-kept": (
        "{count} 个文件，已复制并回读",
        "{count} files, copied and read back here",
    ),
    "board-waits": ("服务器恢复后自动入库", "goes to the archive once the server is back"),
    "board-received": (
        "{count} 个文件全部入库并加锁",
        "{count} files archived and locked",
    ),
    "board-verified": (
        "{count} 个文件已加锁，全部核验",
        "{count} files archived, all verified",
    ),
    "board-verified-new": (
        "新采集的已全部核验，{count} 个此前已入库",
        "what was new is verified; {count} were held already",
    ),
    "board-held": ("其中 {count} 个此前已入库", "{count} of them were held already"),
    "board-nothing": ("没有可采集的文件", "there was nothing on it to take in"),
    "board-taken": (
        "{count} 个文件，均已安全保存",
        "{count} files, all of them safe",
    ),
    "board-troubled": (
        "{count} 项{reason}",
        "{count} × {reason}",
    ),
    "board-unfinished": (
        "还有 {count} 个文件（{size}）只在设备里",
        "{count} files ({size}) are only on the recorder",
    ),
    "board-rest-safe": ("其余 {count} 个文件已安全保存", "the other {count} files are safe"),
    "board-early": (
        "拔得太早：还有 {count} 个文件（{size}）只在设备里",
        "taken out too early: {count} files ({size}) are only on the recorder",
    ),
    "board-early-list": (
        "拔得太早：目录还没有读完",
        "taken out too early: its list was not read to the end",
    ),
    "board-left": (
        "{left} · 共 {all}",
        "{left} · {all}",
    ),
    "board-kept-1": (
        "{count} 个文件，已复制并回读",
        "{count} file, copied and read back here",
    ),
    "board-received-1": (
        "{count} 个文件全部入库并加锁",
        "{count} file archived and locked",
    ),
    "board-verified-1": (
        "{count} 个文件已加锁，全部核验",
        "{count} file archived and verified",
    ),
    "board-troubled-1": (
        "{reason}",
        "{reason}",
    ),
    "board-rest-safe-1": (
        "其余 {count} 个文件已安全保存",
        "the other file is safe",
    ),
    "board-early-1": (
        "拔得太早：还有 {count} 个文件（{size}）只在设备里",
        "taken out too early: {count} file ({size}) is only on the recorder",
    ),
    "board-unfinished-1": (
        "还有 {count} 个文件（{size}）只在设备里",
        "{count} file ({size}) is only on the recorder",
    ),
    "board-taken-1": (
        "{count} 个文件，已安全保存",
        "{count} file, safe",
    ),
    "board-files-1": (
        "{count} 个文件",
        "{count} file",
    ),
    "board-today-1": (
        "今日 {count} 批次",
        "{count} docking today",
    ),
    "board-waiting-1": (
        "待入库 {count} 个文件",
        "{count} file waits for the archive",
    ),
    "board-b-damaged-1": (
        "采集记录在 {when} 损坏，已另存，重新开始记录；没有清除任何文件。未入库的设备请再插一次，会重新复制。有 {count} 个复制件另存待处理。",
        (
            "The station's journal was damaged ({when}); it is kept and a new one was begun. Nothing was cleared. "
            "Plug recorders that were not secured in again: they are copied anew. {count} copy is kept aside."
        ),
    ),
    "board-b-aside-1": (
        "有 {count} 个文件已单独保存，请通知管理员",
        "{count} file was set aside; tell the administrator",
    ),
    "board-release-1": (
        "清除已入库的 {count} 个文件",
        "Release {count} archived file",
    ),
    "board-storage-away": (
        "存储未连接",
        "Storage away",
    ),
    "board-detail": (
        "{text}（{detail}）",
        "{text} ({detail})",
    ),
    "board-why-unreadable": (
        "读不出，仍在设备里",
        "cannot be read; still on the recorder",
    ),
    "board-why-unreadable-folder": (
        "文件夹读不出，里面可能有录像",
        "folder cannot be read and may hold recordings",
    ),
    "board-why-partial": (
        "部分读不出，其余已保存",
        "cannot be read in part; the rest is kept",
    ),
    "board-why-changed": (
        "仍在变化，请停止录制后重新插入",
        "kept changing: stop recording, plug in again",
    ),
    "board-why-vanished": (
        "列出后不见了",
        "listed, then gone",
    ),
    "board-why-unplugged": (
        "没复制完就被拔出",
        "taken out before it was copied",
    ),
    "board-why-interrupted": (
        "采集站中断，还没有复制",
        "station was interrupted before it was copied",
    ),
    "board-why-spool-full": (
        "采集站磁盘已满，还没有复制",
        "not copied: the station's disk is full",
    ),
    "board-why-spool-failed": (
        "采集站磁盘出错，还没有复制",
        "not copied: the station's disk fails",
    ),
    "board-why-spool-lost": (
        "站内副本丢失，请重新插入",
        "copy here is gone: plug in again",
    ),
    "board-why-spool-damaged": (
        "站内副本损坏，请重新插入",
        "copy here is damaged: plug in again",
    ),
    "board-why-read-back-differs": (
        "读回不一致，请检查采集站磁盘",
        "read back differently: check the station's disk",
    ),
    "board-why-refused-by-server": (
        "服务器未接收，副本在本站",
        "not taken by the server; kept here",
    ),
    "board-why-bytes-refused": (
        "存储拒收，副本在本站",
        "refused by the storage; kept here",
    ),
    "board-why-addresses-refused": (
        "存储拒绝上传地址，副本在本站",
        "upload refused by the storage; kept here",
    ),
    "board-why-server-trouble": (
        "服务器出错，副本在本站",
        "server in trouble with it; kept here",
    ),
    "board-why-receipt-invalid": (
        "回执无效，副本在本站",
        "receipt is not valid; kept here",
    ),
    "board-why-differs-from-held": (
        "与已入库的同名文件不同",
        "differs from the archived file of that name",
    ),
    "board-why-too-large-here": (
        "大于本站磁盘总容量，仍在设备里",
        "larger than this station's disk, still on the recorder",
    ),
    "board-why-too-large": (
        "超过 1 TiB，无法采集",
        "larger than 1 TiB, cannot be taken in",
    ),
    "board-why-same-name": (
        "有同名条目，其中一个读不到",
        "two entries of one name, one cannot be read",
    ),
    "board-why-folder-circle": (
        "文件夹循环嵌套，请检查存储卡",
        "folders form a circle: check the card",
    ),
    "board-all-held": (
        "此前已入库，未重复保存",
        "held already, nothing stored twice",
    ),
    "board-held-1": (
        "其中 {count} 个此前已入库",
        "one of them was held already",
    ),
    "board-release-title-1": (
        "清除设备里的 {count} 个文件？",
        "Release {count} file from the recorder?",
    ),
    "board-release-text-1": (
        "共 {count} 个文件、{size}。它已入库、加锁、核验，并再次读回确认。清除前会再读一遍设备里的文件，一致才清除。确认到设备拔下为止有效，之后符合条件的文件也会清除。",
        "{count} file, {size}. The archive holds, locked and verified it and read it back a second time. It is read on the recorder once more before it goes. Your word holds until the recorder is unplugged, for files that may go only later too.",
    ),
    # the trace
    "board-n-here": ("已回读", "here"),
    "board-n-archive": ("入库", "archive"),
    "board-n-verified": ("核验", "verified"),
    # what must be known of a recorder
    "board-note-unregistered": ("未登记设备，照常采集", "not registered; taken in all the same"),
    "board-note-faulty": ("登记为故障，照常采集", "registered as faulty; taken in all the same"),
    "board-note-assigned-elsewhere": (
        "登记在他人名下，照常采集",
        "assigned to somebody else; taken in all the same",
    ),
    "board-note-sealed": ("原始载体已封存，不会清除", "sealed original; never cleared"),
    "board-note-same-serial": (
        "序列号与另一台设备相同",
        "same serial as another recorder",
    ),
    "board-note-low-space": (
        "剩余空间不足，下次执勤前请清理",
        "little room left; see to it before the next shift",
    ),
    # people
    "board-call": ("请联系：{call}", "Call {call}"),
    "board-call-nobody": ("请联系设备管理员", "Call the equipment administrator"),
    "board-who": ("使用人 {name}", "{name}"),
    "board-picked": ("录制人 {name}", "recorded by {name}"),
    "board-pick": ("谁录的？（可不选）", "Who recorded? (optional)"),
    "board-pick-change": ("更改录制人", "Change who recorded"),
    "board-pick-title": ("采集口 {slot}：谁录的？", "Socket {slot}: who recorded?"),
    "board-pick-search": ("输入编号或姓名", "Type a number or a name"),
    "board-pick-none": ("没有符合的姓名", "No name fits"),
    "board-release": ("清除已入库的 {count} 个文件", "Release {count} archived files"),
    "board-release-title": ("清除设备里的 {count} 个文件？", "Release {count} files from the recorder?"),
    "board-release-text": (
        (
            "共 {count} 个文件、{size}。每个文件都已入库、加锁、核验，并再次读回确认。"
            "清除前会再读一遍设备里的文件，一致才清除；标记重要或有问题的文件不清除。"
            "确认到设备拔下为止有效，之后符合条件的文件也会清除。"
        ),
        (
            "{count} files, {size}. The archive holds, locked and verified each of them and read it back a second time. "
            "Each is read on the recorder once more before it goes; what is marked important or failed stays. "
            "Your word holds until the recorder is unplugged, for files that may go only later too."
        ),
    ),
    "board-release-by": ("确认人", "Your name"),
    "board-release-do": ("确认清除", "Release them"),
    "board-released": ("已确认，正在清除", "Confirmed, they are being released"),
    "board-cancel": ("取消", "Cancel"),
    "board-close": ("关闭", "Close"),
    "board-details": ("查看文件", "Files"),
    # the frame
    "board-title": ("采集站 {station}", "Docking station {station}"),
    "board-slot": ("采集口 {slot}", "Socket {slot}"),
    "board-restarting": ("采集站正在重新启动", "The station is restarting"),
    "board-restarting-line": (
        "请勿取下设备，画面会自动恢复",
        "Do not remove anything; this comes back by itself",
    ),
    "board-server-well": ("服务器已连接", "Server connected"),
    "board-server-away": ("服务器未连接", "Server away"),
    "board-clock-well": ("时钟已同步", "Clock synchronised"),
    "board-clock-bad": ("时钟未同步", "Clock not synchronised"),
    "board-b-server": ("服务器联系不上", "The server cannot be reached"),
    "board-b-storage": ("存储联系不上", "The storage cannot be reached"),
    "board-b-intake": ("服务器已停止接收", "The server has stopped taking recordings in"),
    "board-b-token": ("服务器不认可本采集站", "The server does not accept this station"),
    "board-b-station": ("采集站出现意外情况", "The station met unexpected trouble"),
    "board-b-safe": (
        "{what}（{since} 起）。录像在本站安全，恢复后自动入库。",
        "{what} (since {since}). Recordings are safe here.",
    ),
    "board-b-safe-waiting": (
        "{what}（{since} 起）。录像在本站安全，待入库 {count} 个文件，会自动入库。",
        "{what} (since {since}). Recordings are safe here, {count} waiting.",
    ),
    "board-b-full": (
        "采集站磁盘已满，停止复制。未变绿的设备请勿取下。",
        "The station's disk is full and copying stopped. Leave every recorder that is not green.",
    ),
    "board-b-damaged": (
        "采集记录在 {when} 损坏，已另存，重新开始记录；没有清除任何文件。未入库的设备请再插一次，会重新复制。有 {count} 个复制件另存待处理。",
        (
            "The station's journal was damaged ({when}); it is kept and a new one was begun. Nothing was cleared. "
            "Plug recorders that were not secured in again: they are copied anew. {count} copies are kept aside."
        ),
    ),
    "board-b-aside": (
        "有 {count} 个文件已单独保存，请通知管理员",
        "{count} files were set aside; tell the administrator",
    ),
    "board-legend": ("绿色：可以取走", "Green: you may take it"),
    "board-free": ("本站可用空间 {size}", "{size} free here"),
    "board-today": ("今日 {count} 批次", "{count} dockings today"),
    "board-waiting": ("待入库 {count} 个文件", "{count} files wait for the archive"),
    "board-no-slots": ("插入设备即可，无需操作", "Plug in a recorder; nothing else to do"),
    "board-language": ("English", "中文"),
    # history
    "board-history": ("最近的采集", "Latest dockings"),
    "board-none-yet": ("还没有采集", "none yet"),
    "board-files": ("{count} 个文件", "{count} files"),
    "board-r-running": ("进行中", "under way"),
    "board-r-verified": (
        "已核验",
        "verified",
    ),
    "board-r-received": ("已入库", "archived"),
    "board-r-safe": (
        "待入库",
        "safe here",
    ),
    "board-r-early": ("拔得太早", "taken too early"),
    "board-r-failed": ("需要处理", "needs attention"),
    "board-r-nothing": ("没有文件", "nothing on it"),
    "board-c-time": ("时间", "Time"),
    "board-c-slot": ("采集口", "Socket"),
    "board-c-recorder": ("设备", "Recorder"),
    "board-c-files": ("文件", "Files"),
    "board-c-size": ("大小", "Size"),
    "board-c-result": ("结果", "Result"),
    "board-c-state": ("状态", "State"),
    "board-c-who": ("使用人", "Held by"),
    "board-more-files": ("还有 {count} 个文件未列出", "{count} more files are not listed"),
    # files in the detail view
    "file-found": ("只在设备里", "only on the recorder"),
    "file-copied": ("已复制，待回读", "copied, to be read back"),
    "file-checked": ("已在本站复制并回读", "copied and read back here"),
    "file-uploaded": ("已发送，等待回执", "sent, receipt outstanding"),
    "file-received": ("已入库加锁", "archived and locked"),
    "file-verified": ("已入库加锁并核验", "archived, locked, verified"),
    "file-clearable": ("已入库并再次核验", "archived, verified twice"),
    "file-cleared": ("已入库，设备中已清除", "archived, cleared from the recorder"),
    "file-held already": ("此前已入库", "held already"),
    "file-partial": ("部分保存", "kept in part"),
    "file-changed while read": ("仍在变化，留在设备中", "kept changing, left on the recorder"),
    "file-vanished": ("列出后已不存在", "listed, then gone"),
    "file-refused": ("未采集", "not taken in"),
    # answers to acts
    "board-act-unknown": (
        "这次采集已不在采集口上，没有更改。",
        "That docking is not in the socket any more; nothing was changed.",
    ),
    "board-act-name": (
        "名单中没有这个编号，没有更改。",
        "That number is not among the names; nothing was changed.",
    ),
    "board-act-clearable": (
        "没有可以清除的文件，没有更改。",
        "There is nothing to release; nothing was changed.",
    ),
    "board-act-by": ("请填写确认人姓名；没有更改。", "Give your name; nothing was changed."),
    "board-act-failed": (
        "没有写下，采集站磁盘出错；请再试一次，仍然如此请通知管理员。",
        "It was not written down: the station's disk answers with errors. Try again, else call the administrator.",
    ),
    # the terminal
    "board-not-running": (
        "采集站没有运行，或没有开启大屏；以下是日志里的情况。",
        "The station does not run, or has no board; this is what its journal says.",
    ),
    "board-no-journal": (
        "{spool} 中没有采集站的日志，还没有采集过。请先启动采集站。",
        "There is no station's journal in {spool}; nothing was docked yet. Start the station first.",
    ),
}
