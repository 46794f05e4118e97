"""The ledger of Slurm jobs: an append-only Markdown table whose rows are chained by hashes.

Every row names the SHA-256 of the line before it, the first row that of the header. So a row that was edited, removed
or moved is seen at the row that follows. Nothing here changes a row that is written.
"""

from __future__ import annotations
