"""A registry in an object store: Amazon S3 and what speaks its protocol, Google Cloud, Azure."""
