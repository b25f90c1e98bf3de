"""Colors, type and sizes that every chart shares, and the colors that stand for them on a dark page."""

from types import ModuleType
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

from policycase.errors import MissingExtraError

if TYPE_CHECKING:
    import altair


FONT = "Arial, Helvetica, 'Liberation Sans', sans-serif"
PAPER, INK, MUTED, FAINT = "#ffffff", "#1c2126", "#57606a", "#d5dbe1"
PROGRAM, EVENT, OTHER = "#0a62a3", "#b8480a", "#6b747d"
# Hues that stay apart for the common kinds of color blindness as far as thirteen can; position and name say the same.
HUES = (
    "#007a5a", "#0b68ad", "#7d4aa0", "#8a5a1a", "#b23a70", "#c24a0b",
    "#66700a", "#a06800", "#007b88", "#5b6b8c", "#9c3030",
    "#43661f", "#4a4f55",
)  # fmt: skip
HUES_ON_DARK = (
    "#4cc7a0", "#69b4f2", "#c39be0", "#d9a760", "#f08ab4", "#ff9a63",
    "#bfca55", "#e5b04a", "#4fc6d4", "#a9b8d6", "#f49a94",
    "#a3cf7d", "#bcc2c9",
)  # fmt: skip
# widths of letters as shares of the size
_WIDTHS = (
    dict.fromkeys("iIjl.,:;'|! ", 0.36) | dict.fromkeys("frt()[]-/\"", 0.46) | dict.fromkeys("mwMW@%—…", 1.0)
    | dict.fromkeys("ABCDEFGHJKLNOPQRSTUVXYZ", 0.79)
)  # fmt: skip
_OTHER, _WIDE = 0.66, 1.05
ON_DARK = {
    PAPER: "#15181b",
    INK: "#e7eaed",
    MUTED: "#a7b0b9",
    FAINT: "#3a4149",
    PROGRAM: "#6fb3ea",
    EVENT: "#f0935a",
    OTHER: "#98a2ac",
} | dict(zip(HUES, HUES_ON_DARK, strict=True))


def pixels(text: str, size: float) -> float:
    """How wide a text is at most, in whatever sans-serif font a reader has; that of DejaVu Sans, which is wide."""
    return size * sum(_WIDE if east_asian_width(letter) in "WF" else _WIDTHS.get(letter, _OTHER) for letter in text)


def wrapped(text: str, room: float, size: float) -> list[str]:
    """A text on as many lines as it needs to fit the room, in pixels; nothing is cut, and a long word is broken."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if pixels(longer, size) <= room:
            lines[-1] = longer
            continue
        lines.append("")
        for letter in word:
            if pixels(lines[-1] + letter, size) > room:
                lines.append("")
            lines[-1] += letter
    return [line for line in lines if line] or [""]


def library() -> ModuleType:
    """Altair.

    Raises
    ------
    MissingExtraError
        It is not installed.
    """
    try:
        import altair  # noqa: PLC0415 - an extra, and heavy
    except ImportError as error:
        package, extra = "altair", "report"
        raise MissingExtraError(package, extra) from error
    return altair


def hue(code: object, vocabulary: list[str]) -> str:
    """The color of a code, the same in every chart: by its place in the vocabulary."""
    return HUES[vocabulary.index(str(code)) % len(HUES)] if str(code) in vocabulary else OTHER


def themed(chart: "altair.TopLevelMixin") -> "altair.TopLevelMixin":
    """The chart in the type and colors of the report."""
    return (
        chart.configure(font=FONT, background=PAPER)
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=MUTED, titleColor=MUTED, gridColor=FAINT, domainColor=FAINT, tickColor=FAINT, labelFontSize=11
        )
        .configure_title(color=INK, fontSize=13, fontWeight="bold", anchor="start", frame="group")
        .configure_text(color=INK, fontSize=11.5)
    )
