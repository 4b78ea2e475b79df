"""Objects in a bucket, or in a folder that several machines share."""
