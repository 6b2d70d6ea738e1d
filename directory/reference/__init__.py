"""Reference data of the directory: communes, outlines and nomenclatures, read from ``fixtures/`` (see its README)."""
