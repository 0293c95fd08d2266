"""Pictures for a reader whose line is slow or whose window is narrow: a hook of MkDocs.

Each has its room before it comes, so that text doesn't jump while it is read; those below the first one of a page are
loaded when a reader comes near. `assets/pages.css` keeps a picture that is made high for phones within a desk's window.
Each is a link to itself: opened alone it can be enlarged, where its words are small on a phone.
"""

from __future__ import annotations

import re
import struct
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

IMAGE = re.compile(r'(?<!">\n)<img ([^>]*\bsrc="([^"]+\.png)"[^>]*>)')


def on_page_content(html: str, page: Page, files: Files, **_: Any) -> str:
    """The page whose pictures have a size, wait for their reader, and open alone."""
    count = 0

    def with_size(found: re.Match[str]) -> str:
        nonlocal count
        count += 1
        file = files.get_file_from_path(normpath(PurePosixPath(page.file.src_uri).parent / found[2]))
        if file is None or file.abs_src_path is None:
            return found[0]
        width, height = size(Path(file.abs_src_path))
        wait = 'loading="lazy" ' if count > 1 else ""
        image = f'<img {wait}width="{width}" height="{height}" style="--shape: {width / height:.4g}" {found[1]}'
        linked = html.rfind("<a ", 0, found.start()) > html.rfind("</a>", 0, found.start())
        return image if linked else f'<a class="picture" href="{found[2]}">{image}</a>'

    return IMAGE.sub(with_size, html)


def size(path: Path) -> tuple[int, int]:
    """Width and height of a PNG, in pixels (ISO/IEC 15948, 11.2.2)."""
    with path.open("rb") as file:
        width, height = struct.unpack(">8x4x4xII", file.read(24))
    return width, height
