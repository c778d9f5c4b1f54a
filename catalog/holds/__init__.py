"""暂停销毁, 封存: what holds clips whatever their date."""
