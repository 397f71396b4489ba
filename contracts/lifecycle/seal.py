"""The platform's seal on a PDF (PAdES B-B) and the check of a PDF that somebody holds in hand.

The certificate is our own: it proves that the file is unchanged since it was sealed here. It is not a
可靠电子签名 (reliable electronic signature) of the law, and every page that shows a seal says so.
"""

import hashlib
import io
import logging
import os
import secrets
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from marketplace.clock import ZONE

logger = logging.getLogger(__name__)
FIELD = "UseFirstSeal"
VALID_DAYS = 3650
MAX_UNPACKED_BYTES = 100 * 1024 * 1024
CHUNK = 64 * 1024


def make_seal(path: Path, passphrase: str) -> None:
    """Generate the platform's own key and certificate; an existing file is left alone (two processes may start
    at once: the first one wins)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "UseFirst"),
            x509.NameAttribute(NameOID.COMMON_NAME, "UseFirst integrity seal (own certificate)"),
        ]
    )
    begins = datetime.now(ZONE)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins - timedelta(days=1))
        .not_valid_after(begins + timedelta(days=VALID_DAYS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(True, True, False, False, False, False, False, False, False),
            critical=True,
        )
        .sign(key, hashes.SHA256())
    )
    data = pkcs12.serialize_key_and_certificates(
        b"usefirst", key, certificate, None, serialization.BestAvailableEncryption(passphrase.encode())
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


@lru_cache(maxsize=2)
def _signer(path: str, passphrase: str) -> signers.SimpleSigner:
    signer = signers.SimpleSigner.load_pkcs12(path, passphrase=passphrase.encode())
    if signer is None:
        raise ImproperlyConfigured("USEFIRST_SEAL_P12 cannot be opened with USEFIRST_SEAL_PASSPHRASE.")
    return signer


def signer() -> signers.SimpleSigner:
    """The platform's signer; its certificate is made on first use where the settings name a file that is not
    there yet. Raises ImproperlyConfigured for a file that cannot be opened."""
    path = Path(settings.SEAL_P12)
    if not path.exists():
        make_seal(path, settings.SEAL_PASSPHRASE)
    return _signer(str(path), settings.SEAL_PASSPHRASE)


def fingerprint() -> str:
    """SHA-256 of the seal's certificate, in hex, to be published and compared."""
    return hashlib.sha256(signer().signing_cert.dump()).hexdigest()


def seal(pdf: bytes, *, reason: str) -> bytes:
    """The PDF with our seal appended as an increment: the sealed bytes begin with the bytes given."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    metadata = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        reason=reason,
        name="UseFirst",
        subfilter=fields.SigSeedSubFilter.PADES,
    )
    return signers.PdfSigner(metadata, signer=signer()).sign_pdf(writer).getvalue()


@dataclass(frozen=True)
class SealCheck:
    """What a PDF's seal says. `whole_file`: the last seal covers every byte of the file; `intact`: what it covers
    is unchanged; `ours`: it was made with this platform's certificate. `problem` names why nothing could be read."""

    sealed: bool
    intact: bool = False
    ours: bool = False
    whole_file: bool = False
    problem: str = ""

    @property
    def good(self) -> bool:
        return self.sealed and self.intact and self.ours and self.whole_file


def check_seal(pdf: bytes) -> SealCheck:
    """Look at the last signature of a PDF. Anything that cannot be parsed counts as broken: whoever tampers with
    a file chooses where the parser stumbles."""
    ours = signer().signing_cert
    if not _unpacks_sanely(pdf):
        return SealCheck(sealed=True, problem="unpacks to too much")
    try:
        reader = PdfFileReader(io.BytesIO(pdf))
        signatures = reader.embedded_regular_signatures
        if not signatures:
            return SealCheck(sealed=False)
        last = signatures[-1]
        status = validate_pdf_signature(
            last, ValidationContext(trust_roots=[ours], allow_fetching=False), skip_diff=False
        )
        _zero, _first, begins, length = (int(number) for number in last.byte_range)
        covered = begins + length == len(pdf)
        whole = covered and status.coverage == SignatureCoverageLevel.ENTIRE_FILE
        return SealCheck(
            sealed=True,
            intact=bool(status.intact and status.valid),
            ours=status.signing_cert.dump() == ours.dump(),
            whole_file=whole,
        )
    except Exception as error:
        logger.info("A PDF's seal could not be read", exc_info=True)
        return SealCheck(sealed=True, problem=f"{type(error).__name__}")


def _unpacks_sanely(pdf: bytes) -> bool:
    """Whether the streams of a PDF unpack to at most MAX_UNPACKED_BYTES in all. The parser unpacks without a limit,
    and a stream may be packed a thousand to one, twice over; what a dictionary calls its filter does not matter."""
    left, end = MAX_UNPACKED_BYTES, 0
    while (start := pdf.find(b"stream", end)) >= 0:
        end = start + len(b"stream")
        if pdf[start - 3 : start] == b"end":
            continue
        begins = end + 2 if pdf[end : end + 2] == b"\r\n" else end + 1
        unpacked = _inflated(pdf, begins, left)
        left -= len(unpacked)
        while left > 0 and unpacked[:1] == b"\x78":
            unpacked = _inflated(unpacked, 0, left)
            left -= len(unpacked)
        if left <= 0:
            return False
    return True


def _inflated(packed: bytes, begins: int, limit: int) -> bytes:
    """What zlib makes of the bytes from `begins` on, at most `limit`; as far as they are zlib's."""
    unpacker, found = zlib.decompressobj(), bytearray()
    try:
        for place in range(begins, len(packed), CHUNK):
            found += unpacker.decompress(packed[place : place + CHUNK], limit - len(found))
            if unpacker.eof or len(found) >= limit:
                break
    except zlib.error:
        pass
    return bytes(found)
