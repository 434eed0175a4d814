"""Tables people upload, made where they are needed: the shape of a real export with invented contents."""

from __future__ import annotations

import csv
import io

# The order, the trailing space of «Бюджет » and the doubled company are those of the real export.
AMOCRM = (
    "ID",
    "Название сделки",
    "Бюджет ",
    "Ответственный",
    "Дата создания сделки",
    "Кем создана сделка",
    "Дата редактирования",
    "Кем редактирована",
    "Дата закрытия",
    "Теги сделки",
    "Примечание",
    "Этап сделки",
    "Воронка",
    "Полное имя контакта",
    "Компания контакта",
    "Компания",
    "ИНН",
    "Рабочий телефон",
    "Мобильный телефон",
    "Рабочий email",
    "utm_source",
)
FIRST_NAME = "ООО «Северный ветер»"
FIRST_PHONE = "8 (926) 555-01-01"
CLEAN, FORMULAS, HTML = 30, 2, 2
HTML_TEXT = '<img src=x onerror="alert(1)"><script>alert(2)</script>'


def amocrm_row(number: int, **given: str) -> list[str]:
    """One deal of the export; `given` by the title of its column."""
    row = dict.fromkeys(AMOCRM, "") | {
        "ID": str(100_000 + number),
        "Название сделки": f"Сделка {number}",
        "Бюджет ": f"{number}000",
        "Ответственный": "Иванова Мария",
        "Дата создания сделки": "27.12.2025",
        "Дата закрытия": "не закрыта",
        "Этап сделки": "Новый лид",
        "Воронка": "Воронка",
        "utm_source": "google",
        **given,
    }
    return [row[title] for title in AMOCRM]


def amocrm_rows() -> list[list[str]]:
    """40 rows: 34 new clients (2 names a spreadsheet would run, 2 with HTML in the note, 2 with a bad number or
    ИНН), 4 known again by phone or ИНН, 2 with nobody to call."""
    rows = [
        amocrm_row(
            1,
            **{
                "Компания": FIRST_NAME,
                "Компания контакта": FIRST_NAME,
                "Полное имя контакта": "Бирюков Терентий Богданович",
                "Рабочий телефон": FIRST_PHONE,
                "Рабочий email": "zakaz@veter.example",
            },
        )
    ]
    for number in range(2, CLEAN + 1):
        name = f"ПАО «Лимитед {number}»"
        rows.append(
            amocrm_row(
                number,
                **{
                    "Компания": name,
                    "Компания контакта": name,
                    "Полное имя контакта": f"Савин Филимон {number}",
                    "Рабочий телефон": f"+7 926 556-{number:02d}-{number:02d}",
                },
            )
        )
    rows.append(amocrm_row(31, **{"Компания": "=HYPERLINK(1)", "Рабочий телефон": "89265570131"}))
    rows.append(amocrm_row(32, **{"Компания": "@SUM(A1)", "Рабочий телефон": "89265570132"}))
    for number in (33, 34):
        rows.append(
            amocrm_row(
                number,
                **{
                    "Компания": f"ООО «Вёрстка {number}»",
                    "Примечание": HTML_TEXT,
                    "Рабочий телефон": f"892655701{number}",
                },
            )
        )
    rows[28][AMOCRM.index("Рабочий телефон")] = "12345678"
    rows[29][AMOCRM.index("ИНН")] = "7707083894"
    for number in range(35, 39):
        rows.append(
            amocrm_row(
                number,
                **{
                    "Компания": f"Другое имя {number}",
                    # The numbers of rows 2 to 5 again, spelled another way.
                    "Мобильный телефон": f"8926556{number - 33:02d}{number - 33:02d}",
                },
            )
        )
    rows += [amocrm_row(39), amocrm_row(40)]
    return rows


def as_csv(rows: list[list[str]], *, encoding: str = "cp1251", separator: str = ";") -> bytes:
    """The whole file, header first."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(AMOCRM)
    writer.writerows(rows)
    return text.getvalue().encode(encoding)
