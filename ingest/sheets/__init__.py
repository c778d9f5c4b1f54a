"""采集清单: the signed list of everything seen on a recorder, made when nothing of a docking waits any more."""
