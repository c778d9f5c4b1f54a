from tests.catalog.case_files.bureau import bureau

__all__ = ["bureau"]
