"""Which passwords are refused. Pure. Length and being unguessed count; no rules of composition (NIST SP 800-63B)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from itertools import pairwise
from typing import Literal

SHORTEST = 12
LONGEST = 1024

Weakness = Literal["short", "long", "own-name", "common"]
WEAKNESSES: tuple[Weakness, ...] = ("short", "long", "own-name", "common")

COMMON = frozenset(
    [
        "000000000000",
        "111111111111",
        "123123123123",
        "123321123321",
        "112233445566",
        "123454321234",
        "121212121212",
        "123456123456",
        "123456789000",
        "123456789012",
        "1234567890123",
        "12345678901234",
        "123456789abc",
        "1234567890abc",
        "1234567890qwe",
        "1234567891011",
        "987654321000",
        "9876543210123",
        "0987654321098",
        "1234abcd1234",
        "123qweasdzxc",
        "123qwe123qwe",
        "1q2w3e4r5t6y",
        "1q2w3e4r5t6y7u",
        "1qaz2wsx3edc",
        "1qaz2wsx3edc4rfv",
        "1qazxsw23edc",
        "1qaz1qaz1qaz",
        "!qaz2wsx#edc",
        "!qaz@wsx#edc",
        "abc123abc123",
        "abc123456789",
        "abcd12345678",
        "abcdefg12345",
        "abcdefgh1234",
        "abcdefghijkl",
        "a12345678901",
        "a1234567890b",
        "aa1234567890",
        "aaaaaaaaaaaa",
        "administrator",
        "admin1234567",
        "admin123456789",
        "admin@123456",
        "adminadmin12",
        "adminadminadmin",
        "admin888888888",
        "asdfghjkl123",
        "asdfghjkl;'\\",
        "asdfasdfasdf",
        "asdf1234asdf",
        "changeme1234",
        "changemenow12",
        "computer1234",
        "football1234",
        "helloworld12",
        "iloveyou1234",
        "iloveyou5201314",
        "letmein12345",
        "liuhen123456",
        "liuhenliuhen",
        "mima12345678",
        "p@ssw0rd1234",
        "p@ssword1234",
        "passw0rd1234",
        "password0000",
        "password1111",
        "password1234",
        "password12345",
        "password123456",
        "password123!",
        "password2023",
        "password2024",
        "password2025",
        "password2026",
        "passwordpassword",
        "q1w2e3r4t5y6",
        "qazwsxedcrfv",
        "qazwsx123456",
        "qwe123qwe123",
        "qweasdzxc123",
        "qweqweqweqwe",
        "qwer1234qwer",
        "qwerty123456",
        "qwerty12345678",
        "qwertyqwerty",
        "qwertyuiop12",
        "qwertyuiop123",
        "qwertyuiop[]",
        "qwertyuiopas",
        "root12345678",
        "shichangjianguan",
        "scjg12345678",
        "jianguanju123",
        "sunshine1234",
        "superman1234",
        "test12345678",
        "testtesttest",
        "trustno1trustno1",
        "user12345678",
        "welcome12345",
        "welcome123456",
        "woaini123456",
        "woaini520520",
        "woaini1314520",
        "woaini5201314",
        "wangluo12345",
        "xiaoming1234",
        "zaq12wsxcde3",
        "zaq1xsw2cde3",
        "zaq1zaq1zaq1",
        "zhongguo1234",
        "zhongguo1949",
        "zhongguo123456",
        "zxcvbnm12345",
        "zxcvbnm123456",
        "zxcvbnmasdfg",
        "5201314520131",
        "520520520520",
        "666666666666",
        "888888888888",
        "147258369147",
        "159357159357",
        "147852369147",
        "741852963741",
    ]
)
"""Twelve characters and more that are tried first, as lists of broken passwords have them, Chinese ones among them."""


def weakness_of(password: str, names: Collection[str] = ()) -> Weakness | None:
    """Answer why a password is refused; None where it may be used.

    `names` are what the person is called here (user name, e-mail, own name): none of them, nor one with digits and signs
    behind it, nor repeated, is a password. Characters count, not bytes.
    """
    if len(password) > LONGEST:
        return "long"
    if len(password) < SHORTEST:
        return "short"
    folded = unicodedata.normalize("NFKC", password).casefold()
    bare = re.sub(r"[\W\d_]+$", "", folded)
    for name in names:
        known = unicodedata.normalize("NFKC", name).casefold().strip()
        if known and (known in {folded, bare} or _repeats(folded, known)):
            return "own-name"
    return "common" if folded in COMMON or len(set(folded)) < 5 or _runs(folded) else None


def _repeats(text: str, word: str) -> bool:
    return len(text) % len(word) == 0 and word * (len(text) // len(word)) == text


def _runs(text: str) -> bool:
    """Whether the text is one run: each character the one after, or before, the last (`abcdefghijkl`, `210987654321`)."""
    steps = {
        (ord(b) - ord(a)) % 10 if a.isdigit() and b.isdigit() else ord(b) - ord(a) for a, b in pairwise(text)
    }
    return steps in ({1}, {-1}, {9})
