"""What the station says to people, in Chinese and English: one table, keyed by a short word."""

from __future__ import annotations

import os
from typing import Literal

Language = Literal["zh", "en"]

_WORDS: dict[str, tuple[str, str]] = {
    # why something was left out or needs attention
    "link": ("链接，未跟随，未采集", "a link; not followed, not taken in"),
    "fifo": ("管道文件，未采集", "a named pipe; not taken in"),
    "socket": ("套接字文件，未采集", "a socket; not taken in"),
    "device": ("设备文件，未采集", "a device node; not taken in"),
    "unknown-kind": ("不是普通文件，未采集", "no regular file; not taken in"),
    "folder-not-file": ("列出后变成了文件夹，未采集", "became a folder after it was listed; not taken in"),
    "other-filesystem": ("属于另一个文件系统，未进入", "lies on another file system; not entered"),
    "folder-circle": (
        "文件夹循环嵌套，未进入；请检查存储卡",
        "the folders form a circle; not entered, check the card",
    ),
    "unreadable-folder": (
        "文件夹无法读取，其中可能有录像；请保留记录仪并通知管理员",
        "this folder cannot be read and may hold recordings; keep the recorder and call the administrator",
    ),
    "unreadable": (
        "无法读取；文件仍在记录仪上，请保留记录仪并通知管理员",
        "cannot be read; it is still on the recorder, keep it and call the administrator",
    ),
    "partial": (
        "部分内容无法读取；可读部分已保存并标记",
        "parts cannot be read; what could be read is kept and marked",
    ),
    "changed": (
        "读取时文件仍在变化；文件仍在记录仪上，请停止录制后重新插入",
        "it kept changing while read; it is still on the recorder, stop recording and plug it in again",
    ),
    "vanished": ("列出后文件已不存在", "it was listed, then gone"),
    "too-large": ("文件超过 1 TiB，无法采集", "larger than 1 TiB, cannot be taken in"),
    "unplugged": (
        "记录仪在采集完成前被拔出；请重新插入，将从中断处继续",
        "the recorder was pulled out before all was copied; plug it in again, it goes on where it stopped",
    ),
    "spool-full": (
        "采集站磁盘已满，停止复制；已复制的文件安全，请通知管理员",
        "the station's disk is full, copying stopped; what was copied is safe, call the administrator",
    ),
    "spool-failed": (
        "采集站磁盘出错，停止复制；未复制的文件仍在记录仪上，请勿清除并通知管理员",
        "the station's disk answers with errors, copying stopped; do not erase the recorder, call the administrator",
    ),
    "spool-lost": (
        "采集站上的副本丢失；请重新插入记录仪",
        "the copy on the station is gone; plug the recorder in again",
    ),
    "spool-damaged": (
        "采集站上的副本已损坏；请重新插入记录仪，并检查采集站磁盘",
        "the copy on the station is damaged; plug the recorder in again and check the station's disk",
    ),
    "read-back-differs": (
        "写入采集站磁盘后读回的内容不一致；请检查采集站磁盘",
        "what was read back from the station's disk differs; check the disk and plug the recorder in again",
    ),
    "server-trouble": (
        "服务器处理此文件时出错；副本保存在采集站，会再次尝试",
        "the server meets trouble with it; the copy stays at the station and is offered again",
    ),
    "refused-by-server": (
        "服务器未接收；副本保存在采集站",
        "the server does not take it; the copy stays at the station",
    ),
    "bytes-refused": (
        "存储多次拒收这些字节；副本保存在采集站，请检查网络",
        "the storage keeps refusing these bytes; the copy stays at the station, check the network",
    ),
    "addresses-refused": (
        "存储多次拒绝服务器签发的上传地址（403）；请核对服务器与存储的时钟和密钥",
        "it keeps refusing the addresses the server signs (403); compare the clocks and keys of server and storage",
    ),
    "receipt-invalid": (
        "回执签名无效；副本保存在采集站，请通知管理员",
        "the receipt does not check out; the copy stays at the station, call the administrator",
    ),
    "held already": ("已入库，未重复保存", "held already, nothing stored twice"),
    "set-aside": (
        "{folder} 中有 {count} 个文件未经日志确认或已损坏，已单独保存；请勿删除，并通知管理员",
        (
            "{count} files that the journal does not know, or that are damaged, lie set aside in {folder}; "
            "do not delete them, call the administrator"
        ),
    ),
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


def language(wish: Language | None = None) -> Language:
    """Answer the language to speak: the wish, else LC_ALL, LC_MESSAGES, LANG; Chinese for zh, else English."""
    if wish:
        return wish
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


class Words:
    """The table in one language."""

    def __init__(self, wish: Language | None = None) -> None:
        self.language: Language = language(wish)
        self._index = 0 if self.language == "zh" else 1

    def say(self, word: str, **facts: object) -> str:
        """Answer the sentence for a key; an unknown key is answered as it is."""
        if word not in _WORDS:
            return word
        return _WORDS[word][self._index].format(**facts)
