"""Books kept in CSV files: our own columns, or the invoice exports of Xero and QuickBooks Online."""

from connectors.csvfile.books import CsvBooks, open_books

__all__ = ["CsvBooks", "open_books"]
