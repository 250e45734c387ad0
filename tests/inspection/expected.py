"""What is found in each recorded situation: rule, whom it is about, and its verdict. Notes on the way are left out."""

from __future__ import annotations

CEPH = """
no policy: not-allowed bob denied
no policy, seen by the owner: no-way-in bob denied
allowed: let-in bob allowed
allowed, seen by the owner: may-be-let-in bob not known
allowed, alone: nothing
another principal: not-allowed bob denied
the bucket instead of its objects: not-allowed bob denied, policy-resource
other objects: not-allowed bob denied
another action: not-allowed bob denied
everybody: let-in bob allowed, public-policy everyone allowed
everybody but B: denied-though-allowed bob denied, policy-may-deny bob denied, public-policy everyone not known
allowed and denied: policy-denies alice denied, policy-denies bob denied
allowed and denied, seen by the owner: policy-denies alice denied, policy-denies bob denied
denied but for B by NotPrincipal: let-in bob allowed, policy-may-deny alice not known
denied but for A by NotPrincipal: not-allowed bob denied, policy-may-deny bob denied
denied all but listing: deny-without-effect bob allowed, let-in bob allowed, policy-denies alice denied
denied all but reading: let-in bob allowed
denied elsewhere: let-in bob allowed
denied without TLS: deny-without-effect bob allowed, let-in bob allowed, policy-denies alice denied
denied unless from an endpoint: deny-without-effect bob allowed, let-in bob allowed, policy-denies alice denied
denied unless from an endpoint, by the owner: deny-without-effect alice allowed, policy-denies bob denied
denied unless from the office: policy-denies alice denied, policy-denies bob denied, source-ip
denied unless from here: let-in bob allowed
denied from here: policy-denies alice denied, policy-denies bob denied, source-ip
denied before a date: let-in bob allowed
denied by a tag of the caller: let-in bob allowed, policy-may-deny alice not known
allowed from the office: not-allowed bob denied, source-ip
allowed from here: let-in bob allowed
allowed with TLS: not-allowed bob denied
allowed from an endpoint: not-allowed bob denied
allowed to an organisation: not-allowed bob denied
allowed to a tag of the caller: not-allowed bob denied
allowed until a date that is past: not-allowed bob denied
of B in A's bucket: foreign-owned alice denied
of B in A's bucket, seen by A: foreign-owned alice denied
of B in A's bucket, seen by A alone: foreign-owned alice denied
of B, handed over: foreign-owned-readable
public by its ACL: public-acl everyone allowed
public by its ACL and denied: policy-denies alice denied, policy-denies bob denied
nothing there: no-object, not-allowed bob denied
listing not allowed: not-allowed bob denied
listing allowed: let-in bob allowed
listing allowed and denied: policy-denies alice denied, policy-denies bob denied
listing of a prefix allowed: may-be-let-in bob not known
listing of another prefix: no-way-in bob denied
listing of the bucket allowed: let-in bob allowed
listing of the objects: not-allowed bob denied, policy-resource
"""

MINISTACK = """
no policy: not-allowed bob denied
no policy, seen by the owner: no-way-in bob denied
allowed: let-in bob allowed
allowed, seen by the owner: let-in bob allowed
allowed, alone: nothing
another principal: not-allowed bob denied
the bucket instead of its objects: not-allowed bob denied, policy-resource
other objects: not-allowed bob denied
another action: foreign-writers, not-allowed bob denied
everybody: let-in bob allowed, public-policy everyone allowed
everybody but B: policy-denies bob denied, public-policy everyone not known
allowed and denied: policy-denies alice denied, policy-denies bob denied
allowed and denied, seen by the owner: policy-denies alice denied, policy-denies bob denied
denied but for B by NotPrincipal: let-in bob allowed, policy-denies alice denied
denied but for A by NotPrincipal: deny-without-effect bob allowed, let-in bob allowed
denied all but listing: policy-denies alice denied, policy-denies bob denied
denied all but reading: let-in bob allowed
denied elsewhere: let-in bob allowed
denied without TLS: policy-denies alice denied, policy-denies bob denied
denied unless from an endpoint: policy-denies alice denied, policy-denies bob denied
denied unless from an endpoint, by the owner: policy-denies alice denied, policy-denies bob denied
denied unless from the office: policy-denies alice denied, policy-denies bob denied, source-ip
denied unless from here: let-in bob allowed
denied from here: policy-denies alice denied, policy-denies bob denied, source-ip
denied before a date: let-in bob allowed
denied by a tag of the caller: let-in bob allowed, policy-may-deny alice not known
allowed from the office: not-allowed bob denied, source-ip
allowed from here: let-in bob allowed
allowed with TLS: not-allowed bob denied
allowed from an endpoint: not-allowed bob denied
allowed to an organisation: not-allowed bob denied
allowed to a tag of the caller: not-allowed bob denied
allowed until a date that is past: not-allowed bob denied
of B in A's bucket: foreign-writers, not-allowed bob denied
of B in A's bucket, seen by A: foreign-writers, no-way-in bob denied
of B in A's bucket, seen by A alone: foreign-writers
of B, handed over: foreign-writers, no-way-in bob denied
public by its ACL: public-acl everyone allowed
public by its ACL and denied: deny-without-effect bob allowed, policy-denies alice denied
nothing there: let-in bob allowed, no-object
listing not allowed: not-allowed bob denied
listing allowed: let-in bob allowed
listing allowed and denied: policy-denies alice denied, policy-denies bob denied
listing of a prefix allowed: let-in bob allowed
listing of another prefix: no-way-in bob denied
listing of the bucket allowed: let-in bob allowed
listing of the objects: not-allowed bob denied, policy-resource
role of A, all: no policy: no-external-id
role of A, all: allowed: no-external-id
role of A, all: denied without TLS: no-external-id, policy-denies partner denied
role of A, all: listing not allowed: no-external-id
role of A, reading only: no policy: no-external-id
role of A, reading only: allowed: no-external-id
role of A, reading only: denied without TLS: denied-policy-unknown partner denied, no-external-id
role of A, reading only: listing not allowed: denied-policy-unknown partner denied, no-external-id
"""
