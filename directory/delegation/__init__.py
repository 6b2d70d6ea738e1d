"""Who holds which role: giving, ending, delegating and reviewing roles, account requests, their mails and panels."""
