"""The board: what people see at the station, served by the station itself so that it works while the server is down."""
