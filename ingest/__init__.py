"""The docking station's agent: finds recorders, copies their files once, hands them over, keeps them until proven safe."""
