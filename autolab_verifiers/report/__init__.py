"""The answer of a verification, as a document and as text. Nothing here judges."""
