from django.db import models
from django.utils.translation import gettext_lazy as _


class Section(models.TextChoices):
    """The six sections of the base (C7); a client is always in exactly one. Values mirror clients.constants."""

    CALL_BASE = "call_base", _("Base to call")
    IN_WORK = "in_work", _("In work")
    CUSTOMERS = "customers", _("Customers")
    SOFT_REFUSAL = "soft_refusal", _("Refusal with further work")
    STRATEGIC = "strategic", _("Strategic archive")
    HARD_REFUSAL = "hard_refusal", _("Hard refusal and not ours")


class SizeLabel(models.TextChoices):
    LARGE = "large", _("Large")
    MEDIUM = "medium", _("Medium")
    SMALL = "small", _("Small")
    NOT_OURS = "not_ours", _("Not our client")


class ClientKind(models.TextChoices):
    ORGANISATION = "organisation", _("Organisation")
    PERSON = "person", _("Person")


class ClientState(models.TextChoices):
    """The ten states of R-S2-6; the cached state of the open, else of the last cycle."""

    NEW = "new", _("New client")
    C1 = "c1", _("Contact 1")
    C2 = "c2", _("Contact 2")
    C3 = "c3", _("Contact 3")
    DEAL = "deal", _("Deal")
    REFUSAL = "refusal", _("Refusal")
    RESERVE = "reserve", _("Strategic reserve")
    RECALL = "recall", _("Recall")
    SUPPORT = "support", _("Deal support")
    CUSTOMER = "customer", _("Customer")


class ImportState(models.TextChoices):
    RECEIVED = "received", _("Received")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    REFUSED = "refused", _("Refused")


class RowState(models.TextChoices):
    CREATED = "created", _("Created")
    DUPLICATE = "duplicate", _("Duplicate")
    ERROR = "error", _("Error")


class RowCode(models.TextChoices):
    """What was found in a row of an import; `warning_…` leaves the row imported, `note_…` is no warning."""

    ERROR_NAME = "error_name", _("No company and no person: nothing to identify the client by")
    ERROR_LONG = "error_long", _("The name is longer than 200 characters")
    ERROR_TEXT = "error_text", _("The row holds characters that cannot be stored")
    ERROR_CELL = "error_cell", _("A cell is too long; look for a quotation mark that was never closed")
    ERROR_BROKEN = "error_broken", _("The row could not be imported: the program failed on it. Check its cells")
    DUPLICATE_INN = "duplicate_inn", _("This INN is already in the base or above in the file")
    DUPLICATE_PHONE = "duplicate_phone", _("This phone is already in the base or above in the file")
    DUPLICATE_EMAIL = "duplicate_email", _("This e-mail is already in the base or above in the file")
    DUPLICATE_NAME = "duplicate_name", _("This name is already in the base or above in the file")
    WARNING_PHONE = "warning_phone", _("The phone is not a phone number; kept as text")
    WARNING_INN = "warning_inn", _("The INN is wrong; kept as text")
    WARNING_KPP = "warning_kpp", _("The KPP is wrong; kept as text")
    WARNING_OGRN = "warning_ogrn", _("The OGRN is wrong; kept as text")
    WARNING_EMAIL = "warning_email", _("The e-mail address is wrong; kept as text")
    WARNING_EXTRA_CELLS = "warning_extra_cells", _("The row has more cells than the header; the rest was left out")
    WARNING_COLOUR = "warning_colour", _("The colour is computed by the system")
    NOTE_PHONE_RANGE = "note_phone_range", _("The phone belongs to no known range of numbers; kept as text")
    NOTE_CUT = "note_cut", _("A long text was cut")


class FileProblem(models.TextChoices):
    """Why a whole file was refused."""

    EMPTY = "empty", _("The file is empty.")
    TOO_LARGE = "too_large", _("The file is too large. The limit is 25 MB.")
    BINARY = "binary", _("This is no table. Save it as CSV or XLSX.")
    OLD_EXCEL = "old_excel", _("This is a workbook of old Excel (XLS). Save it as XLSX or CSV.")
    PASSWORD = "password", _("The workbook is protected by a password. Save it without.")  # a code
    ENCODING = "encoding", _("The encoding of the text was not recognised. Save it as CSV in UTF-8.")
    NO_HEADER = "no_header", _("No header row was found in the first 20 rows. Check the column names and the encoding.")
    NO_NAME_COLUMN = "no_name_column", _("There is neither a column with the company nor one with the person.")
    TOO_MANY_ROWS = "too_many_rows", _("There are more than 50,000 rows. Split the file.")
    TOO_MANY_COLUMNS = "too_many_columns", _("There are more than 500 columns.")
    BOMB = "bomb", _("The workbook unpacks into too much data.")
    BROKEN = "broken", _("The workbook is damaged and cannot be read.")
    CHANGED = "changed", _("The stored file is not the one that was uploaded.")
    STUCK = "stuck", _("Reading broke off every time. Check the file or split it.")
    LOST = "lost", _("The stored file is no longer there. Upload it again.")
