"""What a PDF leads to and does, by PDFium."""

import ctypes

from pypdfium2 import PdfDocument, raw


def addresses(document: PdfDocument) -> list[str]:
    """Of all links to outside; "" for one within the document."""
    found = []
    for page in document:
        position, link = ctypes.c_int(0), raw.FPDF_LINK()
        while raw.FPDFLink_Enumerate(page, position, link):
            action = raw.FPDFLink_GetAction(link)
            size = raw.FPDFAction_GetURIPath(document, action, None, 0) if action else 0
            buffer = ctypes.create_string_buffer(max(1, size))
            if size:
                raw.FPDFAction_GetURIPath(document, action, buffer, size)
            found.append(buffer.value.decode())
    return found


def does_something(document: PdfDocument) -> bool:
    """Whether it has scripts or files in it."""
    scripts = raw.FPDFDoc_GetJavaScriptActionCount(document)
    return scripts > 0 or raw.FPDFDoc_GetAttachmentCount(document) > 0


def spoken(document: PdfDocument) -> str:
    """The language that it says of itself."""
    buffer = ctypes.create_string_buffer(64)
    size = raw.FPDFCatalog_GetLanguage(
        document, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), 64
    )
    return buffer.raw[: max(0, size - 2)].decode("utf-16-le")
