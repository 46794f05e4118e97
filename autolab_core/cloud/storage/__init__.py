"""Where a run's code, data and results lie between the machines: an S3 bucket, or a folder that both can reach."""
