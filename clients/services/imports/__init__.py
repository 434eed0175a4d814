"""The import engine: a file is received, read in batches, and may be stopped and taken up again at any row."""

from clients.services.imports.engine import forget_checked_files, run_import, waiting_imports
from clients.services.imports.receiving import confirm_import, receive_import

__all__ = ["confirm_import", "forget_checked_files", "receive_import", "run_import", "waiting_imports"]
