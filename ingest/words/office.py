"""What is said of the server, of clearing, and at enrolling, in Chinese and English; part of `ingest.words.words`."""

from __future__ import annotations

OFFICE: dict[str, tuple[str, str]] = {
    # whom we talk to
    "plain-http": (
        "地址不是 https；离开本机的连接必须加密，没有发送任何内容，已复制的文件安全。请管理员改用 https 地址",
        (
            "its address is not https; off this machine nothing is sent unencrypted, and nothing was. What was copied is "
            "safe; let the administrator give the https address"
        ),
    ),
    "not-pinned": (
        "尚未固定它的证书，没有发送任何内容，已复制的文件安全。请运行 liuhen station enrol 或 liuhen station trust",
        (
            "no certificate is pinned for it, so nothing was sent; what was copied is safe. Run `liuhen station enrol` or "
            "`liuhen station trust`"
        ),
    ),
    "pin-unreadable": (
        "固定的证书文件无法读取，没有发送任何内容，已复制的文件安全。请运行 liuhen station trust",
        (
            "the file of the pinned certificate cannot be read, so nothing was sent; what was copied is safe. Run "
            "`liuhen station trust`"
        ),
    ),
    "certificate-changed": (
        (
            "它出示的证书不是登记时固定的那一个，没有发送任何内容，已复制的文件安全。请向管理员核实：若证书确已更换，"
            "用管理员给出的指纹运行 liuhen station trust；否则可能有人冒充服务器"
        ),
        (
            "the certificate it shows is not the pinned one, so nothing was sent; what was copied is safe. Ask the "
            "administrator: if it was changed on purpose, run `liuhen station trust` with the fingerprint they name; if "
            "not, somebody may pose as the server"
        ),
    ),
    "certificate-dates": (
        "它的证书已过期或尚未生效，没有发送任何内容，已复制的文件安全。请核对采集站和服务器的时钟，再请管理员更新证书",
        (
            "its certificate has expired or is not valid yet, so nothing was sent; what was copied is safe. Compare the "
            "clocks of station and server, then let the administrator renew the certificate"
        ),
    ),
    "certificate-name": (
        "它的证书是给另一个地址的，没有发送任何内容，已复制的文件安全。请核对服务器地址",
        "its certificate is for another address, so nothing was sent; what was copied is safe. Check the server's address",
    ),
    "station-revoked": (
        "管理员已吊销本采集站的凭据",
        "an administrator has revoked this station",
    ),
    "station-behind": (
        "服务器的协议版本比采集站新；请升级采集站软件。已复制的文件安全，升级后自动继续",
        "the server speaks a newer protocol; upgrade this station. What was copied is safe and goes on afterwards",
    ),
    "server-behind": (
        "采集站的协议版本比服务器新；请升级服务器。已复制的文件安全，升级后自动继续",
        "this station speaks a newer protocol; upgrade the server. What was copied is safe and goes on afterwards",
    ),
    "other-protocol": (
        "采集站与服务器的协议版本不同；已复制的文件安全，正在重新协商",
        "station and server speak different protocols; what was copied is safe, they agree anew",
    ),
    # clearing
    "clearing": (
        "正在从记录仪清除已入库的文件，请勿拔出",
        "removing from the recorder what the archive holds, do not take it out",
    ),
    "differs-from-held": (
        "与已入库的同名文件内容不同；未清除，将重新复制",
        "it has the name and marks of a held file and other bytes; not cleared, it is copied",
    ),
    "not-cleared": (
        "未能从记录仪清除；文件仍在记录仪上，入库的副本安全",
        "could not be removed from the recorder; it is still there, and what the archive holds is safe",
    ),
    "cleared-summary": (
        "{count} 个文件已入库并再次核验，已从记录仪清除。",
        "{count} files stand in the archive, read back a second time, and were removed from the recorder.",
    ),
    "low-space": (
        "记录仪剩余空间不足，下次执勤前请联系管理员清理",
        "the recorder has little room left; see the administrator before its next shift",
    ),
    # enrolling
    "enrolled": (
        "已登记为采集站 {station}（{name}）。设置写在 {folder}；用 liuhen station-agent --data {folder} 启动。",
        (
            "Enrolled as station {station} ({name}). Its settings are in {folder}; start it with "
            "`liuhen station-agent --data {folder}`."
        ),
    ),
    "trusted": (
        "已固定新的证书，指纹 {fingerprint}。运行中的采集站会自动使用。",
        "The new certificate is pinned, fingerprint {fingerprint}. A station that runs takes it up by itself.",
    ),
    "code-unknown": (
        "没有这个登记码。未作任何更改；请逐字核对后重试。",
        "There is no such enrolment code. Nothing was changed; compare it letter by letter and try again.",
    ),
    "code-expired": (
        "登记码已过期，或已被更新的登记码取代。未作任何更改；请管理员重新生成。",
        "The enrolment code is too old, or a newer one replaced it. Nothing was changed; let an administrator make a new one.",
    ),
    "code-used": (
        "这个登记码已被另一台电脑使用，管理员已收到告警。未作任何更改；请管理员重新生成登记码。",
        (
            "Another machine has used this enrolment code; the administrators are told. Nothing was changed; let them make a "
            "new one."
        ),
    ),
    "code-revoked": (
        "用这个登记码登记的采集站已被吊销。未作任何更改；请管理员重新生成登记码。",
        (
            "The station that was enrolled with this code has been revoked. Nothing was changed; let an administrator make a "
            "new code."
        ),
    ),
    "too-many-tries": (
        "错误的登记码太多。未作任何更改；请等五分钟后用正确的登记码重试。",
        "Too many codes were wrong. Nothing was changed; wait five minutes, then try again with the right one.",
    ),
    "enrol-refused": (
        "服务器拒绝了登记：{reason} 未作任何更改。",
        "The server refused: {reason} Nothing was changed.",
    ),
    "enrol-unreachable": (
        "无法与服务器 {server} 通信：{reason}。未作任何更改，可以重试。",
        "The server {server} cannot be talked to: {reason}. Nothing was changed; it may be tried again.",
    ),
    "bad-address": (
        "{server} 不是服务器地址；应为 https://主机:端口。未作任何更改。",
        "{server} is no address of a server; give https://host:port. Nothing was changed.",
    ),
    "plain-http-server": (
        "{server} 不是 https。离开本机的连接必须加密；没有发送任何内容。请在服务器上用 liuhen up --listen 启动，再用 https 地址登记。",
        (
            "{server} is not https. Off this machine nothing is sent unencrypted, and nothing was. Start the server with "
            "`liuhen up --listen`, then enrol with its https address."
        ),
    ),
    "fingerprint-needed": (
        "请用 --ca-fingerprint 给出与登记码一起显示的证书指纹，或用 --ca-file 给出证书文件。没有发送任何内容。",
        (
            "Give the certificate's fingerprint that was shown with the code (--ca-fingerprint), or a file (--ca-file). "
            "Nothing was sent."
        ),
    ),
    "fingerprint-bad": (
        "证书指纹应为 64 位十六进制数字。没有发送任何内容。",
        "A fingerprint is 64 hexadecimal digits. Nothing was sent.",
    ),
    "fingerprint-differs": (
        "{server} 的证书与给出的指纹不符（它的指纹是 {shown}）。没有发送登记码。请核对指纹；若无误，可能有人冒充服务器。",
        (
            "The certificate of {server} is not the one with this fingerprint (its own is {shown}). The code was not sent. "
            "Compare the fingerprint; if it is right, somebody may pose as the server."
        ),
    ),
    "ca-file-unusable": (
        "证书文件 {path} 无法使用：{reason}。没有发送任何内容。",
        "The certificate file {path} cannot be used: {reason}. Nothing was sent.",
    ),
    "not-enrolled": (
        "{folder} 中没有已登记的采集站。请先运行 liuhen station enrol。",
        "No station is enrolled in {folder}. Run `liuhen station enrol` first.",
    ),
    "other-station-here": (
        "{folder} 属于采集站 {earlier}，其中还有它的采集目录，未改为 {station}。请用同一代码重新生成登记码，或用 --data 指定另一个文件夹。",
        (
            "{folder} belongs to station {earlier} and holds its spools; it was not made {station}. Let a code be made for the"
            " former, or give another folder with --data."
        ),
    ),
    "settings-unreadable": (
        "设置文件 {path} 无法读取：{reason}。未作任何更改。",
        "The settings {path} cannot be read: {reason}. Nothing was changed.",
    ),
    "cannot-write": (
        "无法写入 {folder}：{reason}。请排除故障后用同一登记码重试；登记码仍然有效。",
        "{folder} cannot be written to: {reason}. Mend that and try again with the same code; it is still good.",
    ),
}
