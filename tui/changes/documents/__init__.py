"""Every kind of settings document, one module a service or subject."""

from __future__ import annotations

from collections.abc import Mapping

from tui.changes.documents.base import Document, Services
from tui.changes.documents.iam import NOT_THERE, RolePolicy, RoleTrust, UserPolicy
from tui.changes.documents.kms import KeyPolicy
from tui.changes.documents.policies import BucketPolicy
from tui.model.change import DocumentKind

__all__ = ["DOCUMENTS", "NOT_THERE", "Services"]

DOCUMENTS: Mapping[DocumentKind, Document] = {
    DocumentKind.BUCKET_POLICY: BucketPolicy(),
    DocumentKind.USER_POLICY: UserPolicy(),
    DocumentKind.ROLE_TRUST: RoleTrust(),
    DocumentKind.ROLE_POLICY: RolePolicy(),
    DocumentKind.KEY_POLICY: KeyPolicy(),
}
"""Every kind of document."""
