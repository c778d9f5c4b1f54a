"""The pages' catalogs; English is in the code, Chinese lies beside this file, compiled as well."""
