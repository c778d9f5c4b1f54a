"""暂停销毁 and 封存: what keeps a clip whatever its date, and what closes it to all but named persons."""
