from tests.catalog.disposal.desk import desk

__all__ = ["desk"]
