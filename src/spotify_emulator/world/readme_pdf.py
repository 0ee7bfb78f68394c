"""The note that lies in every package, as a PDF of one page.

Knows the few lines of text. Hides the file format, which is written by hand: it is small.
"""

_LINES = (
    "Read me first",
    "This package holds an extended streaming history: one entry for each stream.",
    "ts is the moment at which the stream ended, in UTC. ms_played is how long it was heard.",
    "Listener, artists and songs are invented. The emulator made them up from a seed.",
)


def readme_pdf() -> bytes:
    """A small, valid PDF."""
    lines = " T* ".join(f"({line}) Tj" for line in _LINES)
    text = f"BT /F1 12 Tf 56 780 Td 20 TL {lines} ET".encode()
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
            b" /Resources << /Font << /F1 5 0 R >> >> >>"
        ),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    pdf, places = b"%PDF-1.4\n", []
    for count, body in enumerate(objects, start=1):
        places.append(len(pdf))
        pdf += b"%d 0 obj\n%s\nendobj\n" % (count, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return pdf + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\n"
        b"startxref\n%d\n%%%%EOF\n" % (size, table, size, len(pdf))
    )
