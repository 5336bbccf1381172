"""What is said in place of a code block or a table, in the language of the text.

A language is a row of `SUMMARIES`; it is told from the text by its script, and among the languages of one script by
its commonest short words.
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = [
    "CODE_LANGUAGES",
    "SUMMARIES",
    "Summaries",
    "code_language",
    "guess_language",
    "summarise_code",
    "summarise_table",
]


class Summaries(NamedTuple):
    """The sentences of one language. `{lines}`, `{language}`, `{rows}`, `{columns}`, `{header}` are filled in."""

    code: str
    """A code block of several lines whose language is known."""
    code_line: str
    """The same of one line."""
    plain: str
    """A code block of several lines, language unknown."""
    plain_line: str
    """The same of one line."""
    table: str
    """A table whose columns have names."""
    bare_table: str
    """A table whose columns have none."""
    comma: str = ", "
    """What separates things in a list."""


SUMMARIES: dict[str, Summaries] = {
    "en": Summaries(
        "Code block of {lines} lines in {language}.",
        "Code block of 1 line in {language}.",
        "Code block of {lines} lines.",
        "Code block of 1 line.",
        "Table, rows: {rows}, columns: {header}.",
        "Table, rows: {rows}.",
    ),
    "zh": Summaries(
        "一段{lines}行的{language}代码。",
        "一行{language}代码。",
        "一段{lines}行的代码。",
        "一行代码。",
        "一个{rows}行的表格，各列是：{header}。",
        "一个{rows}行的表格。",
        "、",
    ),
    "ja": Summaries(
        "{lines}行の{language}コードです。",
        "1行の{language}コードです。",
        "{lines}行のコードです。",
        "1行のコードです。",
        "{rows}行の表です。列は、{header}。",
        "{rows}行の表です。",
        "、",
    ),
    "ko": Summaries(
        "{language} 코드 {lines}줄입니다.",
        "{language} 코드 한 줄입니다.",
        "코드 {lines}줄입니다.",
        "코드 한 줄입니다.",
        "{rows}행짜리 표이며, 열은 {header}입니다.",
        "{rows}행짜리 표입니다.",
    ),
    "de": Summaries(
        "Codeblock mit {lines} Zeilen in {language}.",
        "Codeblock mit einer Zeile in {language}.",
        "Codeblock mit {lines} Zeilen.",
        "Codeblock mit einer Zeile.",
        "Tabelle, Zeilen: {rows}, Spalten: {header}.",
        "Tabelle, Zeilen: {rows}.",
    ),
    "fr": Summaries(
        "Bloc de code de {lines} lignes en {language}.",
        "Bloc de code d'une ligne en {language}.",
        "Bloc de code de {lines} lignes.",
        "Bloc de code d'une ligne.",
        "Tableau, lignes : {rows}, colonnes : {header}.",
        "Tableau, lignes : {rows}.",
    ),
    "es": Summaries(
        "Bloque de código de {lines} líneas en {language}.",
        "Bloque de código de una línea en {language}.",
        "Bloque de código de {lines} líneas.",
        "Bloque de código de una línea.",
        "Tabla, filas: {rows}, columnas: {header}.",
        "Tabla, filas: {rows}.",
    ),
    "pt": Summaries(
        "Bloco de código de {lines} linhas em {language}.",
        "Bloco de código de uma linha em {language}.",
        "Bloco de código de {lines} linhas.",
        "Bloco de código de uma linha.",
        "Tabela, linhas: {rows}, colunas: {header}.",
        "Tabela, linhas: {rows}.",
    ),
    "it": Summaries(
        "Blocco di codice di {lines} righe in {language}.",
        "Blocco di codice di una riga in {language}.",
        "Blocco di codice di {lines} righe.",
        "Blocco di codice di una riga.",
        "Tabella, righe: {rows}, colonne: {header}.",
        "Tabella, righe: {rows}.",
    ),
    "ru": Summaries(
        "Блок кода на {language}, строк: {lines}.",
        "Блок кода на {language}, одна строка.",
        "Блок кода, строк: {lines}.",
        "Блок кода, одна строка.",
        "Таблица, строк: {rows}, столбцы: {header}.",
        "Таблица, строк: {rows}.",
    ),
    "ar": Summaries(
        "مقطع برمجي بلغة {language}، عدد الأسطر: {lines}.",
        "مقطع برمجي بلغة {language} من سطر واحد.",
        "مقطع برمجي، عدد الأسطر: {lines}.",
        "مقطع برمجي من سطر واحد.",
        "جدول، عدد الصفوف: {rows}، الأعمدة: {header}.",
        "جدول، عدد الصفوف: {rows}.",
        "، ",
    ),
    "hi": Summaries(
        "{language} में {lines} पंक्तियों का कोड।",
        "{language} में एक पंक्ति का कोड।",
        "{lines} पंक्तियों का कोड।",
        "एक पंक्ति का कोड।",
        "तालिका, पंक्तियाँ: {rows}, स्तंभ: {header}।",
        "तालिका, पंक्तियाँ: {rows}।",
    ),
}

# How fences name languages, where that is not how people do.
CODE_LANGUAGES = {
    "bash": "Bash", "c": "C", "cpp": "C++", "c++": "C++", "cs": "C#", "csharp": "C#", "css": "CSS", "dart": "Dart",
    "dockerfile": "Docker", "go": "Go", "golang": "Go", "haskell": "Haskell", "html": "HTML", "java": "Java",
    "javascript": "JavaScript", "js": "JavaScript", "json": "JSON", "jsx": "JavaScript", "julia": "Julia",
    "kotlin": "Kotlin", "kt": "Kotlin", "latex": "LaTeX", "lua": "Lua", "markdown": "Markdown", "md": "Markdown",
    "matlab": "MATLAB", "perl": "Perl", "php": "PHP", "powershell": "PowerShell", "py": "Python", "python": "Python",
    "python3": "Python", "r": "R", "rb": "Ruby", "rs": "Rust", "ruby": "Ruby", "rust": "Rust", "scala": "Scala",
    "sh": "Bash", "shell": "Bash", "sql": "SQL", "swift": "Swift", "toml": "TOML", "ts": "TypeScript",
    "tsx": "TypeScript", "typescript": "TypeScript", "xml": "XML", "yaml": "YAML", "yml": "YAML", "zsh": "Bash",
}  # fmt: skip
_NO_LANGUAGE = frozenset({"", "text", "txt", "plain", "plaintext", "output", "console", "none"})
_INFO_WORD = re.compile(r"[{.]*([A-Za-z][\w+#.-]{0,23})")

_SCRIPTS = (
    ("ja", re.compile("[\u3041-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7a3]")),
    ("zh", re.compile("[\u3400-\u9fff]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("hi", re.compile("[\u0900-\u097f]")),
)
# A letter of another script stands for more of the text than a Latin one: five in a hundred make the language.
_SHARE = 0.05
_WORDS = {
    "en": "the and is are of to you this that it for with here",
    "de": "der die das und ist nicht ein eine mit für sie ich wir auf hier den dem zu",
    "fr": "le les des et est une pour vous dans que qui avec voici ce pas du au",
    "es": "el los las y es una para que con por como esta este aquí del lo se",
    "pt": "o os as e é uma para que com não você este aqui do da em são",
    "it": "il gli e è una per che con non di questo ecco della sono del nel si",
}
_COMMON = {language: frozenset(words.split()) for language, words in _WORDS.items()}
_WORD = re.compile(r"[^\W\d_]+")


def guess_language(text: str) -> str:
    """Return the language of `SUMMARIES` that `text` is most likely in; English if nothing speaks for another.

    Examples
    --------
    >>> guess_language("Hier ist der Code, den Sie brauchen:"), guess_language("这是代码"), guess_language("")
    ('de', 'zh', 'en')
    """
    for language, letters in _SCRIPTS:
        if len(letters.findall(text)) > _SHARE * len(text):
            return language
    words = [word.lower() for word in _WORD.findall(text)]
    scores = {language: sum(word in common for word in words) for language, common in _COMMON.items()}
    return max(scores, key=lambda language: scores[language])


def code_language(info: str) -> str:
    """Return how people call the language that the opening line of a fence names; "" if it names none."""
    found = _INFO_WORD.match(info.strip())
    name = found[1].lower() if found else ""
    return "" if name in _NO_LANGUAGE or found is None else CODE_LANGUAGES.get(name, found[1])


def summarise_code(lines: int, name: str, language: str) -> str:
    """Return the sentence for a code block, in `language`, one of `SUMMARIES`."""
    row = SUMMARIES[language]
    several, one = (row.code, row.code_line) if name else (row.plain, row.plain_line)
    return (one if lines == 1 else several).format(lines=lines, language=name)


def summarise_table(rows: int, header: list[str], language: str) -> str:
    """Return the sentence for a table, in `language`, one of `SUMMARIES`."""
    row = SUMMARIES[language]
    return (row.table if header else row.bare_table).format(
        rows=rows, columns=len(header), header=row.comma.join(header)
    )
