"""Photos and attachments of EGs and UOs: reading what is sent, keeping and removing it, the panel that shows it."""
