"""Log records: one JSON object a line in production, with the id of the request they belong to."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from common.request_id import current_request_id


class RequestIdFilter(logging.Filter):
    """Put `request_id` on every record: the current request's, or `-` outside a request."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Annotate the record; keep it always."""
        record.request_id = current_request_id()
        return True


class JsonFormatter(logging.Formatter):
    """Write a record as one line of JSON: time (UTC), level, logger, request_id, message, exception."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a key is left out when it has nothing to say."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "request_id": getattr(record, "request_id", "-"),
            "message": record.getMessage(),
        }
        if status := getattr(record, "status_code", None):
            line["status"] = status
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)
