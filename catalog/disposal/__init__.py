"""鉴定销毁: from what has expired to the destruction register. Nothing is destroyed on any other way."""
