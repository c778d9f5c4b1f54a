"""Why a file was left out, needs attention or stays on its recorder, in Chinese and English; part of `ingest.words.words`."""

from __future__ import annotations

FILES: dict[str, tuple[str, str]] = {
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
    "same-name": (
        "有两个条目同名，只能读到其中一个，另一个可能是录像；请保留记录仪并通知管理员",
        "two entries of one name, of which only one can be read; the other may be a recording: keep the recorder and call the administrator",
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
    "too-large-here": (
        "文件大于采集站磁盘的总容量，无法在本站采集；文件仍在设备里",
        "larger than this station's whole disk, cannot be taken in here; it is still on the recorder",
    ),
    "too-large": ("文件超过 1 TiB，无法采集", "larger than 1 TiB, cannot be taken in"),
    "unplugged": (
        "记录仪在采集完成前被拔出；请重新插入，将从中断处继续",
        "the recorder was pulled out before all was copied; plug it in again, it goes on where it stopped",
    ),
    "interrupted": (
        "采集站中途停止，此文件尚未复制，请重新插入记录仪",
        "the station was interrupted before this file was copied; plug the recorder in again",
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
    "write-protected": (
        "存储介质处于写保护状态，未清除；文件仍在记录仪上",
        "the medium is write-protected; nothing was removed, the file is still on the recorder",
    ),
    "may-not-remove": (
        "本站没有删除权限，未清除；文件仍在记录仪上",
        "the station may not remove it; the file is still on the recorder",
    ),
    "not-the-listed-file": (
        "文件与列出时不同，未清除",
        "it is not the file that was listed; nothing was removed",
    ),
    "not-below-the-root": ("路径不在此记录设备内，未处理", "the path lies outside this recorder; left alone"),
    "not-supported": ("此记录设备不支持该操作", "this recorder cannot do that"),
}
