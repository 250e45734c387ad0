"""Every kind of settings document."""

from __future__ import annotations

from collections.abc import Mapping

from tui.core.changes import DocumentKind
from tui.documents.acls import BucketAcl, ObjectAcl
from tui.documents.bucket_documents import (
    BucketPolicy,
    Encryption,
    OwnershipControls,
    PublicAccessBlock,
    VersioningDocument,
)
from tui.documents.document import Document
from tui.documents.iam_documents import KeyPolicy, RolePolicy, RoleTrust, UserPolicy
from tui.documents.object_documents import BucketTags, HeadersAndMetadata, ObjectTags, StorageClassDocument

DOCUMENTS: Mapping[DocumentKind, Document] = {
    DocumentKind.BUCKET_POLICY: BucketPolicy(),
    DocumentKind.USER_POLICY: UserPolicy(),
    DocumentKind.ROLE_TRUST: RoleTrust(),
    DocumentKind.ROLE_POLICY: RolePolicy(),
    DocumentKind.KEY_POLICY: KeyPolicy(),
    DocumentKind.OBJECT_TAGS: ObjectTags(),
    DocumentKind.OBJECT_ACL: ObjectAcl(),
    DocumentKind.HEADERS: HeadersAndMetadata(),
    DocumentKind.STORAGE_CLASS: StorageClassDocument(),
    DocumentKind.BUCKET_TAGS: BucketTags(),
    DocumentKind.BUCKET_ACL: BucketAcl(),
    DocumentKind.VERSIONING: VersioningDocument(),
    DocumentKind.ENCRYPTION: Encryption(),
    DocumentKind.PUBLIC_ACCESS_BLOCK: PublicAccessBlock(),
    DocumentKind.OBJECT_OWNERSHIP: OwnershipControls(),
}
