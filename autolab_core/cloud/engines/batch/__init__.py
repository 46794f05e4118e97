"""The engine of AWS Batch."""
