"""« Signaler une erreur »: acts on error reports, their mails, what pages and panels show of them."""
