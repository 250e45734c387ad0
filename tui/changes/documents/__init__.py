"""Every kind of settings document, one module a service or subject."""

from __future__ import annotations

from collections.abc import Mapping

from tui.changes.documents.acls import BucketAcl, ObjectAcl
from tui.changes.documents.base import Document, Services
from tui.changes.documents.buckets import Encryption, PublicAccessBlock, Versioning
from tui.changes.documents.headers import HeadersAndMetadata
from tui.changes.documents.iam import NOT_THERE, RolePolicy, RoleTrust, UserPolicy
from tui.changes.documents.kms import KeyPolicy
from tui.changes.documents.ownership import OwnershipControls
from tui.changes.documents.policies import BucketPolicy
from tui.changes.documents.storage_class import StorageClass
from tui.changes.documents.tags import BucketTags, ObjectTags
from tui.core.changes import DocumentKind

__all__ = ["DOCUMENTS", "NOT_THERE", "Services"]

DOCUMENTS: Mapping[DocumentKind, Document] = {
    DocumentKind.BUCKET_POLICY: BucketPolicy(),
    DocumentKind.USER_POLICY: UserPolicy(),
    DocumentKind.ROLE_TRUST: RoleTrust(),
    DocumentKind.ROLE_POLICY: RolePolicy(),
    DocumentKind.KEY_POLICY: KeyPolicy(),
    DocumentKind.OBJECT_TAGS: ObjectTags(),
    DocumentKind.OBJECT_ACL: ObjectAcl(),
    DocumentKind.HEADERS: HeadersAndMetadata(),
    DocumentKind.STORAGE_CLASS: StorageClass(),
    DocumentKind.BUCKET_TAGS: BucketTags(),
    DocumentKind.BUCKET_ACL: BucketAcl(),
    DocumentKind.VERSIONING: Versioning(),
    DocumentKind.ENCRYPTION: Encryption(),
    DocumentKind.PUBLIC_ACCESS_BLOCK: PublicAccessBlock(),
    DocumentKind.OBJECT_OWNERSHIP: OwnershipControls(),
}
"""Every kind of document."""
