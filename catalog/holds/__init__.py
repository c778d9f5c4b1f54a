"""暂停销毁 and 封存: what is kept whatever its date."""
