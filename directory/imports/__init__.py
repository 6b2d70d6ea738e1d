"""Support's imports (spec 10, Imports): an engine that knows no file, and one importer a kind of file."""
