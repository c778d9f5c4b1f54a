"""Starts parts (processes), sees that they answer, starts them again when they die, and stops them in order.

Knows nothing of what the parts are; `liuhen/system.py` says that.
"""
