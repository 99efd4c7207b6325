"""Workbooks, made on the fly, and files that are not what their name says."""

import datetime
import io
import re
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import openpyxl
import xlsxwriter
import xlwt
from nasty_files import ANN, BOB, CAT, DAN, nasty
from nasty_files import Accepted as Ok
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

Rows = Sequence[Sequence[Any]]
TWO: Rows = [
    ["Name", "Phone", "City"],
    ["José", 4155552671, "Zürich"],
    ["Bob", "212-555-2368", None],
]
TWO_ROWS = (Ok(2, ANN, "José", data={"City": "Zürich"}), Ok(3, BOB, "Bob", data={"City": None}))


def xlsx(*sheets: Rows) -> Callable[[], bytes]:
    """Make a workbook of sheets named Sheet1, Sheet2 … with openpyxl."""

    def make() -> bytes:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for number, rows in enumerate(sheets, start=1):
            sheet = book.create_sheet(f"Sheet{number}")
            for at, row in enumerate(rows, start=1):
                for column, value in enumerate(row, start=1):
                    if value is not None:
                        sheet.cell(at, column, value)
        stream = io.BytesIO()
        book.save(stream)
        return stream.getvalue()

    return make


def xls(rows: Rows) -> Callable[[], bytes]:
    """Make a workbook of Excel 97."""

    def make() -> bytes:
        book = xlwt.Workbook()
        sheet = book.add_sheet("Leads")
        for at, row in enumerate(rows):
            for column, value in enumerate(row):
                if value is not None:
                    sheet.write(at, column, value)
        stream = io.BytesIO()
        book.save(stream)
        return stream.getvalue()

    return make


def ods(rows: Rows) -> Callable[[], bytes]:
    """Make an OpenDocument sheet; numbers are floats there too."""

    def make() -> bytes:
        book = OpenDocumentSpreadsheet()
        table = Table(name="Leads")
        for row in rows:
            line = TableRow()
            for value in row:
                if isinstance(value, int | float):
                    cell = TableCell(valuetype="float", value=str(value))
                else:
                    cell = TableCell(valuetype="string")
                cell.addElement(P(text="" if value is None else str(value)))
                line.addElement(cell)
            table.addElement(line)
        book.spreadsheet.addElement(table)
        stream = io.BytesIO()
        book.write(stream)
        return stream.getvalue()

    return make


def ods_repeating() -> bytes:
    """Repeat blank rows and cells by a count, as LibreOffice does down to the last row."""
    book = OpenDocumentSpreadsheet()
    table = Table(name="Leads")
    number = TableCell(valuetype="float", value="4155552671")
    number.addElement(P(text="4.15556E+09"))
    day = TableCell(valuetype="date", datevalue="2024-05-01")
    day.addElement(P(text="1.5.2024"))
    yes = TableCell(valuetype="boolean", booleanvalue="true")
    yes.addElement(P(text="WAHR"))
    for times, cells in (
        (1, ["Name", "Phone", "Day", "VIP"]),
        (1, ["Ann", number, day, yes]),
        (3, []),
        (1, ["Bob", "212-555-2368"]),
        (1_048_570, []),
    ):
        row = TableRow(numberrowsrepeated=times)
        for cell in cells:
            if isinstance(cell, str):
                text, cell = cell, TableCell(valuetype="string")
                cell.addElement(P(text=text))
            row.addElement(cell)
        row.addElement(TableCell(numbercolumnsrepeated=1000))
        table.addElement(row)
    book.spreadsheet.addElement(table)
    stream = io.BytesIO()
    book.write(stream)
    return stream.getvalue()


def edited(make: Callable[[], bytes], edit: Callable[[str], str]) -> Callable[[], bytes]:
    """Change the XML of the first sheet by hand."""

    def remake() -> bytes:
        stream = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(make())) as old, zipfile.ZipFile(stream, "w") as new:
            for entry in old.namelist():
                content = old.read(entry)
                if entry == "xl/worksheets/sheet1.xml":
                    content = edit(content.decode()).encode()
                new.writestr(entry, content)
        return stream.getvalue()

    return remake


def lying(xml: str) -> str:
    return re.sub(r'<dimension ref="[^"]*" ?/>', '<dimension ref="A1:A1"/>', xml)


def boasting(xml: str) -> str:
    return re.sub(r'<dimension ref="[^"]*" ?/>', '<dimension ref="A1:XFD1048576"/>', xml)


def far_cell(xml: str) -> str:
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    return xml.replace("</sheetData>", far)


def typed() -> bytes:
    """Write numbers, dates, booleans, a formula and an error as Excel does."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    sheet = book.add_worksheet()
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    moment = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
    sheet.write_row(0, 0, ["Name", "Phone", "Age", "Rate", "Day", "Seen", "VIP", "Sum"])
    sheet.write_row(1, 0, ["Ann", 14155552671.0, 42, 1.5])
    sheet.write_number(1, 4, 45413, day)
    sheet.write_number(1, 5, 45413.5625, moment)
    sheet.write_boolean(1, 6, True)
    sheet.write_formula(1, 7, "=C2*2", value=84)
    sheet.write_row(2, 0, ["Bob", 14155552671.5])
    sheet.write_formula(3, 1, '="415"&"5552672"', value="4155552672")
    sheet.write_formula(4, 1, "=NA()", value="#N/A")
    sheet.write_string(5, 1, "")
    sheet.write_string(5, 0, "Eve")
    book.close()
    return stream.getvalue()


def hidden_first() -> bytes:
    """Hide the sheet that fills a drop-down."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    lists = book.add_worksheet("Lists")
    lists.write_column(0, 0, ["yes", "no"])
    leads = book.add_worksheet("Leads")
    leads.write_row(0, 0, ["Name", "Phone"])
    leads.write_row(1, 0, ["Dan", 6175552831])
    lists.hide()
    leads.activate()
    book.close()
    return stream.getvalue()


def docx() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        package.writestr("word/document.xml", "<document/>")
    return stream.getvalue()


OTHER: Rows = [["Name", "Phone"], ["Dan", 6175552831]]
WORKBOOKS = [
    nasty("xlsx", xlsx(TWO), *TWO_ROWS, file_name="leads.xlsx"),
    nasty("xlsx named csv", xlsx(TWO), *TWO_ROWS),
    nasty("xlsx without a suffix", xlsx(TWO), *TWO_ROWS, file_name="leads"),
    nasty("xls", xls(TWO), *TWO_ROWS, file_name="leads.xls"),
    nasty("xls named xlsx", xls(TWO), *TWO_ROWS, file_name="leads.xlsx"),
    nasty("ods", ods(TWO), *TWO_ROWS, file_name="leads.ods"),
    nasty(
        "csv named xlsx", "Name,Phone\nAnn,415-555-2671\n", Ok(2, ANN, "Ann"), file_name="a.xlsx"
    ),
    nasty(
        "tabs named xls", "Name\tPhone\nAnn\t415-555-2671\n", Ok(2, ANN, "Ann"), file_name="a.xls"
    ),
    nasty(
        "typed cells",
        typed,
        Ok(
            2,
            ANN,
            "Ann",
            data={
                "Age": "42",
                "Rate": "1.5",
                "Day": "2024-05-01",
                "Seen": "2024-05-01 13:30",
                "VIP": "TRUE",
                "Sum": "84",
            },
        ),
        (3, "damaged_phone"),
        Ok(4, "+14155552672"),
        (6, "missing_phone"),
        blank=1,
        file_name="leads.xlsx",
    ),
    nasty(
        "xlsx with leading empty rows and columns",
        xlsx(
            [
                [],
                [],
                [None, None, "Name", "Phone"],
                [None, None, "Ann", 4155552671],
                [],
                [None, None, "Bob", "later"],
                [None, None, "Cat", "312-555-2942"],
            ]
        ),
        Ok(4, ANN, "Ann", data={}),
        (6, "unparseable_phone"),
        Ok(7, CAT, "Cat", data={}),
        blank=1,
        file_name="leads.xlsx",
    ),
    nasty(
        "xls with leading empty rows",
        xls([[], [None, "Name", "Phone"], [None, "Ann", 4155552671.0]]),
        Ok(3, ANN, "Ann", data={}),
        file_name="leads.xls",
    ),
    nasty(
        "ods with leading empty rows",
        ods([[None], [None, "Name", "Phone"], [None, "Ann", 4155552671]]),
        Ok(3, ANN, "Ann", data={}),
        file_name="leads.ods",
    ),
    nasty(
        "xlsx with a title",
        xlsx([["Leads of spring"], [], *OTHER]),
        Ok(4, DAN, "Dan"),
        warnings="title_rows_skipped",
        file_name="leads.xlsx",
    ),
    nasty("two sheets with leads", xlsx(TWO, OTHER), *TWO_ROWS, warnings="multiple_sheets"),
    nasty(
        "the second sheet by name",
        xlsx(TWO, OTHER),
        Ok(2, DAN, "Dan"),
        arguments="--sheet Sheet2",
    ),
    nasty("an empty sheet before the leads", xlsx([], OTHER), Ok(2, DAN, "Dan")),
    nasty("a hidden sheet first", hidden_first, Ok(2, DAN, "Dan"), warnings="multiple_sheets"),
    nasty(
        "leads on the second sheet only",
        xlsx([["Read me"], ["first"]], OTHER),
        Ok(2, DAN, "Dan"),
        warnings="multiple_sheets",
    ),
    nasty(
        "an ods whose blank rows are counted, not written",
        ods_repeating,
        Ok(2, ANN, "Ann", data={"Day": "2024-05-01", "VIP": "TRUE"}),
        Ok(6, BOB, "Bob", data={"Day": None, "VIP": None}),
        blank=3,
    ),
    nasty(
        "a sheet that is not there",
        xlsx(TWO, OTHER),
        error="unknown_sheet",
        arguments="--sheet Leads",
    ),
    nasty(
        "a date and a yes where the number belongs",
        xlsx([["Name", "Phone"], ["A", datetime.date(2024, 5, 1)], ["B", True], *OTHER[1:]]),
        (2, "invalid_phone"),
        (3, "unparseable_phone"),
        Ok(4, DAN, "Dan"),
    ),
    nasty("a lying dimension", edited(xlsx(TWO), lying), *TWO_ROWS),
    nasty("a boasting dimension", edited(xlsx(TWO), boasting), *TWO_ROWS),
    nasty("a cell at XFD1048576", edited(xlsx(TWO), far_cell), error="file_too_large"),
    nasty("an empty workbook", xlsx([]), error="empty_file"),
    nasty("a workbook with a header only", xlsx([["Name", "Phone"]]), error="no_data_rows"),
    nasty(
        "a workbook without phones",
        xlsx([["Name", "City"], ["Ann", "Rome"]]),
        error="no_phone_column",
    ),
    nasty("half a workbook", lambda: xlsx(TWO)()[:-300], error="unsupported_format"),
]

NOT_LEADS = [
    nasty(
        "a web page named xls",
        "<html><table><tr><td>Phone</td></tr></table></html>",
        error="unsupported_format",
        file_name="leads.xls",
    ),
    nasty(
        "a web page with a doctype",
        "\ufeff\n<!DOCTYPE html>\n<html><body></body></html>",
        error="unsupported_format",
    ),
    nasty(
        "xml of Excel 2003",
        '<?xml version="1.0"?>\n<Workbook xmlns="urn"><Row/></Workbook>',
        error="unsupported_format",
        file_name="leads.xls",
    ),
    nasty("pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", error="not_text"),
    nasty("png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\0\1" * 40, error="not_text"),
    nasty("gzip", b"\x1f\x8b\x08\0\0\0\0\0\0\3" + bytes(range(200)), error="not_text"),
    nasty("random bytes", bytes((i * 7919) % 251 for i in range(4000)), error="not_text"),
    nasty("a letter of Word", docx, error="not_text", file_name="leads.docx"),
    nasty("json", '[{"name": "Ann", "phone": "415-555-2671"}]', error="unsupported_format"),
]
WORKBOOK_FILES = [*WORKBOOKS, *NOT_LEADS]
