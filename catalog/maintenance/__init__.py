"""维护保养: the register of recorders, their maintenance log, faults, repairs, recall, and officers over time."""
