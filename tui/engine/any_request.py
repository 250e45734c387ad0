"""All requests of the protocol.

A `Request[A]` is answered once with an ``A``, a `Feed[A]` any number of times until it ends or is stopped. Both may
fail with a `Problem` instead.
"""

from __future__ import annotations

from tui.features.access import values as access_values
from tui.features.archive import values as archive_values
from tui.features.links import values as links_values
from tui.features.repair import values as repair_values
from tui.features.sync import values as sync_values
from tui.features.uploads import values as uploads_values
from tui.features.verify import values as verify_values
from tui.link import request
from tui.messages import (
    batch_requests,
    content_requests,
    document_requests,
    identity_requests,
    inspect_requests,
    listing_requests,
    order_requests,
)

AnyRequest = (
    request.SessionRequests
    | identity_requests.IdentityRequests
    | listing_requests.PlaceRequests
    | inspect_requests.InspectionRequests
    | document_requests.DocumentRequests
    | sync_values.SyncRequests
    | content_requests.ContentRequests
    | order_requests.StreamRequests
    | access_values.AccessRequests
    | inspect_requests.NetworkRequests
    | uploads_values.UploadRequests
    | order_requests.TransferRequests
    | repair_values.RepairRequests
    | listing_requests.FindingRequests
    | verify_values.VerifyRequests
    | listing_requests.VersionRequests
    | links_values.LinkRequests
    | archive_values.ArchiveRequests
    | batch_requests.BatchRequests
)
