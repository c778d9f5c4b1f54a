"""Trusted timestamps 可信时间戳 (RFC 3161): gathered into batches, asked for, checked, kept, proven.

A batch goes through steps that can each be repeated: gathered → asked (one token an authority) → kept under lock →
its clips finished. What was done is in the catalog before the next step begins, so a worker may die anywhere.
"""
