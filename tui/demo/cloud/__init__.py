"""An S3 (and STS) of several accounts over moto's models, true to AWS in permissions and ownership.

moto keeps the buckets and answers the rare requests; this layer adds identities, signatures, ownership, ACLs,
policies and the operations whose answers depend on them. Nothing of moto is patched.
"""
