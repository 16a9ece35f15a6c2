"""The Open Cloud Mesh standard, API 1.5.0 (draft -07): values, their parsing and its rules. No I/O."""

API_VERSION = "1.5.0"
