"""The letters that the demo keeps as files instead of sending them: read for the page that shows them."""

import re
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings

# What Django's file backend writes after each letter; a line like it may stand in a text as well.
SEPARATOR = re.compile(rb"\n-{79}\n(?=Content-Type: |\Z)")


@dataclass(frozen=True)
class Letter:
    subject: str
    to: str
    sent_at: datetime | None
    text: str


def letter_files(to: str = "") -> list[Path]:
    """The files of letters, the newest first; with `to` those in which a recipient's address contains it."""
    folder = Path(settings.EMAIL_FILE_PATH)
    files = sorted(folder.glob("*.log"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    wanted = to.strip().lower().encode()
    return [path for path in files if _is_for(path, wanted)] if wanted else files


def _is_for(path: Path, wanted: bytes) -> bool:
    lines = path.read_bytes().lower().splitlines()
    return any(line.startswith(b"to:") and wanted in line for line in lines)


def read_letters(path: Path, to: str = "") -> list[Letter]:
    """The letters of one file (to such a recipient), the newest first; none when the file has gone meanwhile."""
    try:
        parts = SEPARATOR.split(path.read_bytes())
    except FileNotFoundError:
        return []
    letters = [_letter(message_from_bytes(part, policy=policy.default)) for part in parts if part.strip()]
    return [letter for letter in reversed(letters) if to.strip().lower() in letter.to.lower()]


def _letter(message: EmailMessage) -> Letter:
    body = message.get_body(preferencelist=("plain", "html"))
    date = message["Date"]
    return Letter(
        subject=str(message["Subject"] or "").strip(),
        to=str(message["To"] or ""),
        sent_at=date.datetime if date else None,
        text=body.get_content().strip() if body else "",
    )
