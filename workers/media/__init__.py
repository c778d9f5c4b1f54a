"""What a recording is, and how a browser gets to see it: functions on local files.

No database, no queue, no storage here. `describe.describe` reads, `playable.how_to_show` decides,
`render.render` makes. Kept empty of imports: the sandboxed child starts through this package.
"""
