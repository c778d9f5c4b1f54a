"""The custody log 留痕日志: what an entry is, how it is added, and where it stands."""
