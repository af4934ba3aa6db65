"""What MkDocs does for our site beyond its settings in mkdocs.yml.

A link in a document is a path in the repository, so that it works where the repository is shown. What a document names
outside of ``docs`` is published under ``repository/``, documents as pages and all other files as they are, and links
change on the way. So nobody keeps a list of them.
"""

import logging
import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
OUTSIDE = "repository/"
#: A complete build of Mermaid in one file; `check` does without it where node_modules is missing.
MERMAID = ROOT / "node_modules" / "@mermaid-js" / "tiny" / "dist" / "mermaid.tiny.js"
_LINK = re.compile(r"(?<=\]\()(?![a-z]+:|[#/])([^)#\s]+)")
#: What a list or a table leaves behind that was taken for text.
_TEXT = re.compile(r"(?:<p>|\n)(?:[-*] |\d+\. |\|)")
_BLOCKS = re.compile(r"<(pre|table)\b.*?</\1>", re.DOTALL)
#: What a browser loads; the address of the page itself is none of that.
_FOREIGN = re.compile(r"<(?!link rel=.canonical)(?:script|img|iframe|link)\b[^>]*(?:src|href)=.?((?:\w+:)?//[^\"' >]*)")
_log = logging.getLogger("mkdocs.hooks.site")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add Mermaid, and each file outside of ``docs`` that a document names, from one document to the next."""
    if MERMAID.exists():
        files.append(File.generated(config, "javascripts/mermaid.js", abs_src_path=str(MERMAID)))
    waiting = [file for file in files if file.src_uri.endswith(".md")]
    while waiting:
        for path in _paths(waiting.pop()):
            place = _place(path)
            if place.startswith(OUTSIDE) and (ROOT / path).is_file() and files.get_file_from_path(place) is None:
                level = InclusionLevel.NOT_IN_NAV  # whoever names a document has not to find a place for it
                file = File.generated(config, place, abs_src_path=str(ROOT / path), inclusion=level)
                files.append(file)
                waiting += [file] if place.endswith(".md") else []
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead links to where the files of the repository are on the site."""
    del config, files
    here = posixpath.dirname(page.file.src_uri)

    def lead(link: re.Match[str]) -> str:
        return posixpath.relpath(_place(_path(page.file, link[1])), here or ".")

    return _LINK.sub(lead, markdown)


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> None:
    """Warn of a list or a table that is shown as text: Python-Markdown is stricter than GitHub."""
    del config, files
    for found in _TEXT.finditer(_BLOCKS.sub("", html)):
        text = found.string[found.start() : found.start() + 60].strip()
        _log.warning("%s: no list or table, for want of a blank line or four spaces: %r", page.file.src_uri, text)


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> None:
    """Warn of what a page would load from elsewhere."""
    del config
    for found in _FOREIGN.finditer(output):
        _log.warning("%s loads %s", page.file.src_uri, found[1])


def _paths(file: File) -> list[str]:
    return [_path(file, link) for link in _LINK.findall(file.content_string)]


def _path(file: File, link: str) -> str:
    """Return which path in the repository a link of a document names."""
    source = file.src_uri
    path = source.removeprefix(OUTSIDE) if source.startswith(OUTSIDE) else f"docs/{source}"
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), link))


def _place(path: str) -> str:
    """Return where a file of the repository is on the site, from its root."""
    return path.removeprefix("docs/") if path.startswith("docs/") else OUTSIDE + path
