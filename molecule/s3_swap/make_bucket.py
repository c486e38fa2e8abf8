"""Make the bucket, as whoever runs an S3 server does before MLflow is told about it."""

import os
import sys

from minio import Minio

address, bucket = sys.argv[1:]
client = Minio(address, os.environ["S3_ACCESS_KEY"], os.environ["S3_SECRET_KEY"], secure=False)
if not client.bucket_exists(bucket):
    client.make_bucket(bucket)
