// Requests for one object.
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "checksums.h"
#include "hashes.h"
#include "s3.h"

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

// The request's own metadata headers, kept as the response lines they become.
static char* metadata_of(const Request* request) {
  static const char* kept[] = {
      "x-amz-meta-", "content-type:", "cache-control:", "content-disposition:", "content-language:", "expires:"};
  Buffer lines = {0};
  append_text(&lines, "");
  for (const char* line = request->headers; *line; line = strstr(line, "\r\n") + 2)
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
      if (!strncasecmp(line, kept[i], strlen(kept[i]))) append(&lines, line, strcspn(line, "\r") + 2);
  return lines.text;
}

// 1: the header names a range, 0: it names none, -1: no byte of the object is in it.
static int read_range(const char* text, uint64_t size, uint64_t* start, uint64_t* length) {
  const char* at = strstr(text, "bytes=");
  if (!at) return 0;
  at += strlen("bytes=");
  uint64_t low, high = size - 1;
  if (*at == '-') {
    uint64_t last = strtoull(at + 1, NULL, 10);
    low = last > size ? 0 : size - last;
  } else {
    char* dash;
    low = strtoull(at, &dash, 10);
    if (*dash == '-' && isdigit((unsigned char)dash[1])) high = strtoull(dash + 1, NULL, 10);
  }
  if (low >= size || low > high) return -1;
  if (high >= size) high = size - 1;
  *start = low;
  *length = high - low + 1;
  return 1;
}

// Whether a condition header, when there is one, names the object's ETag.
static bool matches(const Request* request, const char* name, const Object* object) {
  char value[200];
  return !header(request, name, value, sizeof value) || strstr(value, object->etag);
}

// aws-chunked framing: HEXLENGTH[;chunk-signature=...] CR LF bytes CR LF ... 0 CR LF trailers
static void unframe(Buffer* body) {
  char *in = body->text, *out = body->text, *end = body->text + body->length;
  while (in < end) {
    uint64_t length = strtoull(in, NULL, 16);
    char* bytes = memchr(in, '\n', (size_t)(end - in));
    if (!bytes || !length || length > (uint64_t)(end - bytes - 1)) break;
    memmove(out, bytes + 1, length);
    out += length;
    in = bytes + 1 + length + 2;
  }
  body->length = (size_t)(out - body->text);
}

static Blob* body_blob(Request* request, uint64_t* size) {
  char decoded[64];
  bool framed = header(request, "x-amz-decoded-content-length", decoded, sizeof decoded);
  find_trailer(request);
  if (request->dropped) {
    *size = framed ? strtoull(decoded, NULL, 10) : request->received;
    return NULL;
  }
  if (framed) unframe(&request->body);
  *size = request->body.length;
  Blob* blob = blob_of_size(*size);
  if (*size) memcpy(blob->bytes, request->body.text, *size);
  return blob;
}

// The source of a copy and the span of it that is wanted; false: refused.
static bool read_source(const Request* request, Response* response, char* name, Object* source, uint64_t* start,
                        uint64_t* size) {
  char range[100], *path = unescape(name);
  if (*path == '/') path++;
  char* key = strchr(path, '/');
  if (key) *key++ = 0;
  if (!key || !find_object(bucket_named(path), key, source)) {
    refuse(request, response, "404 Not Found", "NoSuchKey");
    return false;
  }
  if (!matches(request, "x-amz-copy-source-if-match", source)) {
    refuse(request, response, "412 Precondition Failed", "PreconditionFailed");
    return false;
  }
  *start = 0;
  *size = source->size;
  if (header(request, "x-amz-copy-source-range", range, sizeof range) && read_range(range, *size, start, size) < 0) {
    refuse(request, response, "416 Requested Range Not Satisfiable", "InvalidRange");
    return false;
  }
  return true;
}

static void confirm(const Request* request, Response* response, const char* etag, const char* checksum, bool copy,
                    bool part) {
  Buffer text = {0};
  const char* what = part ? "CopyPartResult" : "CopyObjectResult";
  if (copy) {
    append_format(&text, XML "<%s><ETag>&quot;%s&quot;</ETag><LastModified>2026-01-01T00:00:00.000Z</LastModified>",
                  what, etag);
    append_checksum(&text, checksum);
    append_format(&text, "</%s>", what);
    respond_xml(request, response, text.text);
  } else {
    append_format(&text, "ETag: \"%s\"\r\n%s", etag, checksum ? checksum : "");
    respond(request, response, "200 OK", text.text, "", 0);
  }
  free(text.text);
}

// The Content-MD5 of a request in the form of an ETag, or an empty text.
static void sent_md5(const Request* request, char* etag) {
  char text[64];
  unsigned char digest[MD5_SIZE];
  *etag = 0;
  if (header(request, "content-md5", text, sizeof text) && from_base64(text, digest)) to_hex(digest, etag);
}

static void put_object(Request* request, Response* response, Bucket* bucket, const char* key, Upload* upload) {
  char name[3 * KEY_MAX], directive[16], text[24], etag[ETAG_SIZE], sent[ETAG_SIZE], *checksum;
  Object source = {0};
  uint64_t start, size;
  Blob* blob = NULL;
  int part = argument(request, "partNumber", text, sizeof text) ? atoi(text) : 0;
  bool copy = header(request, "x-amz-copy-source", name, sizeof name);
  if (bucket->generated) {
    refuse(request, response, "403 Forbidden", "AccessDenied");
    return;
  }
  if (part < 0 || part > PARTS_MAX || !part != !upload) {
    refuse(request, response, "400 Bad Request", "InvalidArgument");
    return;
  }
  if (copy) {
    if (!read_source(request, response, name, &source, &start, &size)) return;
    if (!bucket->null) blob = blob_copy(&source, start, size);
  } else {
    blob = body_blob(request, &size);
  }
  sent_md5(request, sent);
  if (copy && size == source.size && strlen(source.etag) == MD5_HEX)
    strcpy(etag, source.etag);
  else
    etag_of(blob, size, sent, etag);
  if (!copy && *sent && !unproven && strcmp(sent, etag)) {
    release(blob);
    refuse(request, response, "400 Bad Request", "BadDigest");
    return;
  }
  if (bucket->null) {
    release(blob);
    blob = NULL;
  }
  checksum = copy ? NULL : sent_checksum(request);
  if (upload) {
    response->operation = copy ? PART_COPY : PART;
    set_part(upload, part, blob, size, etag);
  } else {
    response->operation = copy ? COPY : PUT;
    bool replaces = header(request, "x-amz-metadata-directive", directive, sizeof directive);
    replaces = replaces && !strcasecmp(directive, "REPLACE");
    char* metadata = copy && source.metadata && !replaces ? strdup(source.metadata) : metadata_of(request);
    if (copy && source.checksum) checksum = strdup(source.checksum);
    bool retags = header(request, "x-amz-tagging-directive", directive, sizeof directive);
    retags = retags && !strcasecmp(directive, "REPLACE");
    bool tagged = copy && !retags ? source.tagged : header(request, "x-amz-tagging", text, sizeof text) && *text;
    Object stored = {.blob = blob, .size = size, .metadata = metadata, .checksum = checksum, .tagged = tagged};
    strcpy(stored.etag, etag);
    store_object(bucket, key, &stored);
  }
  confirm(request, response, etag, checksum, copy, part);
  if (upload) free(checksum);
}

static void start_upload(const Request* request, Response* response, Bucket* bucket, const char* key) {
  char xml[300];
  response->operation = CREATE_UPLOAD;
  Upload* upload = create_upload(bucket, key, metadata_of(request));
  snprintf(xml, sizeof xml,
           XML
           "<InitiateMultipartUploadResult><Bucket>%s</Bucket><UploadId>%llu</UploadId>"
           "</InitiateMultipartUploadResult>",
           bucket->name, (unsigned long long)upload->id);
  respond_xml(request, response, xml);
}

static void end_upload(const Request* request, Response* response, Bucket* bucket, const char* key, Upload* upload) {
  Buffer xml = {0};
  Object object;
  response->operation = COMPLETE_UPLOAD;
  complete_upload(bucket, upload, key, sent_checksum(request), &object);
  append_format(&xml, XML "<CompleteMultipartUploadResult><Bucket>%s</Bucket><ETag>&quot;%s&quot;</ETag>", bucket->name,
                object.etag);
  append_checksum(&xml, object.checksum);
  append_text(&xml, "</CompleteMultipartUploadResult>");
  respond_xml(request, response, xml.text);
  free(xml.text);
}

static void get_object(const Request* request, Response* response, const Bucket* bucket, const char* key) {
  Object object;
  char range[100], content_range[100] = "";
  response->operation = is_method(request, "HEAD") ? HEAD : GET;
  if (!find_object(bucket, key, &object)) {
    refuse(request, response, "404 Not Found", "NoSuchKey");
    return;
  }
  if (!matches(request, "if-match", &object)) {
    refuse(request, response, "412 Precondition Failed", "PreconditionFailed");
    return;
  }
  uint64_t start = 0, size = object.size;
  int ranged = header(request, "range", range, sizeof range) ? read_range(range, object.size, &start, &size) : 0;
  if (ranged < 0) {
    refuse(request, response, "416 Requested Range Not Satisfiable", "InvalidRange");
    return;
  }
  if (ranged)
    snprintf(content_range, sizeof content_range, "Content-Range: bytes %llu-%llu/%llu\r\n", (unsigned long long)start,
             (unsigned long long)(start + size - 1), (unsigned long long)object.size);
  Buffer* head = &response->head;
  append_format(head, "HTTP/1.1 %s\r\n" COMMON_FORMAT,
                ranged ? "206 Partial Content" : "200 OK", COMMON_VALUES);
  append_format(head, "Last-Modified: %s\r\nETag: \"%s\"\r\nAccept-Ranges: bytes\r\n", modified(&object, false),
                object.etag);
  append_text(head, object.metadata && *object.metadata ? object.metadata : "Content-Type: binary/octet-stream\r\n");
  if (object.tagged) append_text(head, "x-amz-tagging-count: 1\r\n");
  if (!ranged && object.checksum && wants_checksum(request)) append_text(head, object.checksum);
  append_format(head, "%sContent-Length: %llu\r\n\r\n", content_range, (unsigned long long)size);
  if (response->operation == HEAD || !size) return;
  if (object.blob) object.blob->references++;
  response->blob = object.blob;
  response->offset = start;
  response->left = size;
}

// The tag of an object, and what every object here has alike.
static bool answer_subresource(const Request* request, Response* response, const Bucket* bucket, const char* key) {
  Object object;
  bool get = is_method(request, "GET");
  if (has_argument(request, "tagging")) response->operation = TAGGING;
  if (has_argument(request, "acl")) response->operation = ACL;
  if (get && has_argument(request, "tagging"))
    respond_xml(request, response,
                find_object(bucket, key, &object) && object.tagged
                    ? XML "<Tagging><TagSet><Tag><Key>made</Key><Value>yes</Value></Tag></TagSet></Tagging>"
                    : XML "<Tagging><TagSet></TagSet></Tagging>");
  else if (get && has_argument(request, "acl"))
    respond_xml(request, response,
                XML
                "<AccessControlPolicy><Owner><ID>standin</ID></Owner><AccessControlList><Grant>"
                "<Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"CanonicalUser\">"
                "<ID>standin</ID></Grantee><Permission>FULL_CONTROL</Permission></Grant>"
                "</AccessControlList></AccessControlPolicy>");
  else if (has_argument(request, "tagging") || has_argument(request, "acl") || has_argument(request, "attributes"))
    refuse(request, response, "501 Not Implemented", "NotImplemented");
  else
    return false;
  return true;
}

static void list_parts(const Request* request, Response* response, const Upload* upload) {
  char text[24];
  int after = argument(request, "part-number-marker", text, sizeof text) ? atoi(text) : 0;
  int most = argument(request, "max-parts", text, sizeof text) ? atoi(text) : PARTS_MAX;
  Buffer xml = {0};
  append_text(&xml, XML "<ListPartsResult><IsTruncated>false</IsTruncated>");
  for (int number = after < 0 ? 1 : after + 1; number <= PARTS_MAX && most > 0; number++) {
    if (!*upload->part[number].etag) continue;
    append_format(&xml, "<Part><PartNumber>%d</PartNumber><ETag>&quot;%s&quot;</ETag><Size>%llu</Size></Part>", number,
                  upload->part[number].etag, (unsigned long long)upload->part[number].size);
    most--;
  }
  append_text(&xml, "</ListPartsResult>");
  respond_xml(request, response, xml.text);
  free(xml.text);
}

void answer_object(Request* request, Response* response, Bucket* bucket, const char* key) {
  char text[24];
  Upload* upload = NULL;
  if (answer_subresource(request, response, bucket, key)) return;
  bool put = is_method(request, "PUT"), post = is_method(request, "POST"), delete = is_method(request, "DELETE");
  if (argument(request, "uploadId", text, sizeof text)) {
    upload = find_upload(bucket, strtoull(text, NULL, 10));
    if (!upload) {
      refuse(request, response, "404 Not Found", "NoSuchUpload");
      return;
    }
  }
  if (put) {
    put_object(request, response, bucket, key, upload);
  } else if (post && has_argument(request, "uploads") && !bucket->generated) {
    start_upload(request, response, bucket, key);
  } else if (post && upload) {
    end_upload(request, response, bucket, key, upload);
  } else if (delete) {
    response->operation = DELETE;
    if (upload)
      remove_upload(bucket, upload);
    else
      remove_object(bucket, key);
    respond(request, response, "204 No Content", "", "", 0);
  } else if (upload && is_method(request, "GET")) {
    list_parts(request, response, upload);
  } else if (!upload && (is_method(request, "GET") || is_method(request, "HEAD"))) {
    get_object(request, response, bucket, key);
  } else {
    refuse(request, response, "501 Not Implemented", "NotImplemented");
  }
}
