"""Drawing pages of paper as a PDF: tagged for screen readers, with bookmarks and links, in French."""

from collections.abc import Iterable, Sequence
from typing import IO, NamedTuple

from reportlab import rl_config
from reportlab.pdfbase.pdfdoc import PDFArray, PDFDictionary, PDFName, PDFString
from reportlab.pdfgen.canvas import Canvas

from .paper import HEIGHT, WIDTH, Bar, Block, Page, Run, load_fonts

_ARTIFACT = "/Artifact BMC"
_END = "EMC"


class Bookmark(NamedTuple):
    """An entry of the outline. ``page`` counts from 1."""

    title: str
    page: int


def draw(pages: Sequence[Page], bookmarks: Iterable[Bookmark], out: IO[bytes], *, title: str, site: str) -> None:
    """Write the pages into ``out`` as a PDF 1.7."""
    load_fonts()
    rl_config.useA85 = 0  # bytes as they are: smaller and quicker than their text
    canvas = Canvas(out, pagesize=(WIDTH, HEIGHT), pageCompression=1, lang="fr-FR", pdfVersion=(1, 7))
    canvas.setTitle(title)
    canvas.setSubject("Places et contacts pour les jours sans réseau")
    canvas.setAuthor(site)
    canvas.setCreator(site)
    canvas.setViewerPreference("DisplayDocTitle", "true")
    tags = _Tags(canvas)
    by_page: dict[int, list[Bookmark]] = {}
    for mark in bookmarks:
        by_page.setdefault(mark.page, []).append(mark)
    for number, page in enumerate(pages, start=1):
        canvas.bookmarkPage(f"p{number}")
        for mark in by_page.get(number, ()):
            canvas.addOutlineEntry(mark.title, f"p{number}", level=0)
        _draw_page(canvas, page, tags)
        canvas.showPage()
        tags.end_page()
    tags.finish()
    canvas.save()


def _draw_page(canvas: Canvas, page: Page, tags: "_Tags") -> None:
    canvas.addLiteral(_ARTIFACT)
    for bar in page.bars:
        _draw_bar(canvas, bar)
    canvas.addLiteral(_END)
    for block in page.blocks:
        if not block.runs:
            continue
        canvas.addLiteral(tags.begin(block) if block.role else _ARTIFACT)
        for run in block.runs:
            _draw_run(canvas, run)
        canvas.addLiteral(_END)
        for run in block.runs:
            if run.target:
                _link(canvas, run)


def _draw_bar(canvas: Canvas, bar: Bar) -> None:
    canvas.setFillGray(bar.grey)
    canvas.rect(bar.x, HEIGHT - bar.y - bar.height, bar.width, bar.height, stroke=0, fill=1)


def _draw_run(canvas: Canvas, run: Run) -> None:
    canvas.setFillGray(run.style.grey)
    canvas.setFont(run.style.font, run.style.size)
    canvas.drawString(run.x, HEIGHT - run.y, run.text)


def _link(canvas: Canvas, run: Run) -> None:
    style = run.style
    top, bottom = HEIGHT - run.y + style.size, HEIGHT - run.y - style.size * 0.3
    canvas.linkRect("", f"p{run.target}", (run.x, bottom, run.x + style.width(run.text), top), relative=0, thickness=0)


class _Tags:
    """The tree of structure: one element a block, by page (ISO 32000-1, 14.7 and 14.8)."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self.document = canvas._doc  # noqa: SLF001 (the canvas has no public way to the catalogue)
        self.root = PDFDictionary({"Type": PDFName("StructTreeRoot")})
        self.root_ref = self.document.Reference(self.root)
        self.body = PDFDictionary({"Type": PDFName("StructElem"), "S": PDFName("Document"), "P": self.root_ref})
        self.body_ref = self.document.Reference(self.body)
        self.all: list = []
        self.parents: list = []
        self.here: list = []

    def begin(self, block: Block) -> str:
        """Add an element to the tree; return what opens its content."""
        self.here.append((block.role, len(self.here)))
        return f"/{block.role} <</MCID {len(self.here) - 1}>> BDC"

    def end_page(self) -> None:
        """Tie the elements of the page just shown to it."""
        page = self.document.Pages.pages[-1]
        page_ref = self.document.Reference(page)
        refs = []
        for role, mcid in self.here:
            element = {"Type": PDFName("StructElem"), "S": PDFName(role), "P": self.body_ref, "Pg": page_ref, "K": mcid}
            refs.append(self.document.Reference(PDFDictionary(element)))
        page.__NoDefault__ = [*page.__NoDefault__, "StructParents", "Tabs"]
        page.StructParents, page.Tabs = len(self.parents) // 2, PDFName("S")
        self.parents += [len(self.parents) // 2, self.document.Reference(PDFArray(refs))]
        self.all += refs
        self.here = []

    def finish(self) -> None:
        """Give the tree to the document."""
        self.body["K"] = PDFArray(self.all)
        self.body["Lang"] = PDFString("fr-FR")
        self.root["K"] = PDFArray([self.body_ref])
        self.root["ParentTree"] = self.document.Reference(PDFDictionary({"Nums": PDFArray(self.parents)}))
        self.root["ParentTreeNextKey"] = len(self.parents) // 2
        catalogue = self.document.Catalog
        catalogue.StructTreeRoot = self.root_ref
        catalogue.MarkInfo = PDFDictionary({"Marked": "true"})
