"""GetObjectAttributes."""

from typing import Final

from tui.demo.cloud.call import MAX_INTEGER, Call
from tui.demo.cloud.checksums import Checksum
from tui.demo.cloud.errors import CloudError
from tui.demo.cloud.messages import Response
from tui.demo.cloud.objects import StoredObject
from tui.demo.cloud.operations.reading import checksum_of, http_date, readable
from tui.demo.cloud.xml import document, leaf, node

PAGE: Final = 1000
_NAMES: Final = frozenset({"ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"})


def get_object_attributes(call: Call) -> Response:
    """ETag, checksum, size, class and parts of an object."""
    item = readable(call)
    wanted = _wanted(call)
    checksum = checksum_of(item)
    children = {
        "ETag": leaf("ETag", item.etag.strip('"')),
        "Checksum": _checksum_node(checksum) if checksum else "",
        "ObjectParts": _parts_node(call, item) if item.part_sizes else "",
        "StorageClass": leaf("StorageClass", str(item.storage_class)),
        "ObjectSize": leaf("ObjectSize", item.size),
    }
    body = document("GetObjectAttributesResponse", [xml for name, xml in children.items() if name in wanted])
    headers = {"last-modified": http_date(item.last_modified), **call.bucket.version_headers(item)}
    return Response(headers=headers, body=body)


def _wanted(call: Call) -> set[str]:
    wanted = {one.strip() for one in call.request.header("x-amz-object-attributes").split(",")}
    if not wanted <= _NAMES:
        raise CloudError("InvalidArgument", "Invalid attribute name specified.", ArgumentName="x-amz-object-attributes")
    return wanted


def _checksum_node(checksum: Checksum) -> str:
    value = leaf(f"Checksum{checksum.algorithm}", checksum.value)
    return node("Checksum", value, leaf("ChecksumType", checksum.type))


def _parts_node(call: Call, item: StoredObject) -> str:
    """How many parts; and, as in S3, a page of them only where each has a checksum."""
    count = leaf("PartsCount", len(item.part_sizes))
    if not item.part_checksums:
        return node("ObjectParts", count)
    marker = call.header_number("x-amz-part-number-marker", 0, most=MAX_INTEGER)
    limit = call.header_number("x-amz-max-parts", PAGE, most=PAGE)
    numbers = range(1, len(item.part_sizes) + 1)[marker:]
    page = numbers[:limit]
    return node(
        "ObjectParts",
        count,
        leaf("PartNumberMarker", marker),
        leaf("NextPartNumberMarker", page[-1] if page else 0),
        leaf("MaxParts", limit),
        leaf("IsTruncated", len(page) < len(numbers)),
        *(_part_node(item, number) for number in page),
    )


def _part_node(item: StoredObject, number: int) -> str:
    checksum = item.part_checksums[number - 1]
    return node(
        "Part",
        leaf("PartNumber", number),
        leaf("Size", item.part_sizes[number - 1]),
        leaf(f"Checksum{checksum.algorithm}", checksum.value),
    )
