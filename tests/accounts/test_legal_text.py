from accounts.legal_text import Block, parse_blocks

BODY = """## Objet

Un paragraphe
sur deux lignes.
Et trois.

- un ;
- deux
  suite.
## Sans ligne vide
Après le titre."""


def test_blocks_are_titles_paragraphs_and_lists():
    assert parse_blocks(BODY) == [
        Block("title", ("Objet",)),
        Block("paragraph", ("Un paragraphe sur deux lignes. Et trois.",)),
        Block("list", ("un ;", "deux suite.")),
        Block("title", ("Sans ligne vide",)),
        Block("paragraph", ("Après le titre.",)),
    ]


def test_windows_line_ends_and_emptiness():
    assert parse_blocks("a\r\n\r\nb") == [Block("paragraph", ("a",)), Block("paragraph", ("b",))]
    assert parse_blocks(" \n\n ") == []
