"""RestoreObject: an archived object gets a copy that can be read for some days, after a while.

Rules: Amazon S3 API reference, RestoreObject. The whiles are short: see `RESTORE_SECONDS`.
"""

import os
from datetime import timedelta
from typing import Final

from tui.demo.cloud.call import Call
from tui.demo.cloud.errors import CloudError
from tui.demo.cloud.messages import Response
from tui.demo.cloud.objects import ARCHIVED, Restore
from tui.demo.cloud.xml import parsed

RESTORE_SECONDS: Final = float(os.environ.get("XS3_TUI_DEMO_RESTORE_SECONDS", "20"))
"""How long a Standard restore takes here; a request that names no tier is done at once."""

_SHARES: Final = {"": 0.0, "Expedited": 0.25, "Standard": 1.0, "Bulk": 15.0}


def restore_object(call: Call) -> Response:
    """Begin a restore (202), or lengthen the time that a restored copy is kept (200)."""
    item = call.existing("s3:RestoreObject")
    if item.storage_class not in ARCHIVED:
        raise CloudError("InvalidObjectState", "Restore is not allowed for the object's current storage class")
    asked = parsed(call.request.body)
    parameters = asked.first("GlacierJobParameters") or asked
    days, tier = asked.value("Days"), parameters.value("Tier")
    if not days.isdigit() or int(days) < 1:
        raise CloudError("MalformedXML", "The XML you provided was not well-formed")
    if tier not in _SHARES or (tier == "Expedited" and item.storage_class == "DEEP_ARCHIVE"):
        raise CloudError("InvalidArgument", "Retrieval option is not supported by this storage class")
    if item.restoring and item.restoring.ready > call.now and not item.restored:
        raise CloudError("RestoreAlreadyInProgress", "Object restore is already in progress")
    lengthened = item.restored
    ready = call.now if lengthened else call.now + timedelta(seconds=RESTORE_SECONDS * _SHARES[tier])
    item.restoring = Restore(ready, ready + timedelta(days=int(days)))
    return Response(200 if lengthened else 202)
