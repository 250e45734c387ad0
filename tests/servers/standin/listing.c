// ListObjects, versions 1 and 2.
#include <stdlib.h>
#include <string.h>

#include "s3.h"

#define OWNER "<Owner><ID>standin</ID></Owner>"

typedef struct {
  char prefix[KEY_MAX], delimiter[16], start[KEY_MAX], last[KEY_MAX];
  bool v2, url, owners;
  int limit;
} Query;

static void read_query(const Request* request, Query* query) {
  char text[KEY_MAX];
  query->v2 = has_argument(request, "list-type");
  query->url = has_argument(request, "encoding-type");
  query->owners = !query->v2 || (argument(request, "fetch-owner", text, sizeof text) && !strcmp(text, "true"));
  argument(request, "prefix", query->prefix, sizeof query->prefix);
  argument(request, "delimiter", query->delimiter, sizeof query->delimiter);
  argument(request, query->v2 ? "start-after" : "marker", query->start, sizeof query->start);
  if (argument(request, "continuation-token", text, sizeof text)) strcpy(query->start, text);
  query->limit = argument(request, "max-keys", text, sizeof text) ? atoi(text) : 1000;
  if (query->limit > 1000) query->limit = 1000;
  query->last[0] = 0;
}

// The index at which the page starts: after the start key, or after the common prefix it names.
static uint64_t first_index(const Bucket* bucket, const Query* query) {
  uint64_t index = first_not_below(bucket, query->prefix), other;
  char key[KEY_MAX], space[64];
  size_t start = strlen(query->start), delimiter = strlen(query->delimiter);
  if (!start) return index;
  bool is_prefix = delimiter && start >= delimiter && start > strlen(query->prefix) &&
                   !strcmp(query->start + start - delimiter, query->delimiter);
  strcpy(key, query->start);
  if (is_prefix) after_prefix(key);
  other = first_not_below(bucket, key);
  if (!is_prefix && other < bucket->count && !strcmp(key_at(bucket, other, space), key)) other++;
  return other > index ? other : index;
}

static uint64_t end_index(const Bucket* bucket, const Query* query) {
  if (!*query->prefix) return bucket->count;
  char key[KEY_MAX];
  strcpy(key, query->prefix);
  after_prefix(key);
  return first_not_below(bucket, key);
}

static void append_object(Buffer* page, const Query* query, const char* key, const Object* object) {
  char size[24], *digit = size + sizeof size - 1;
  uint64_t rest = object->size;
  *digit = 0;
  do *--digit = (char)('0' + rest % 10);
  while (rest /= 10);
  append_text(page, "<Contents><Key>");
  append_key(page, key, query->url);
  append_text(page, "</Key><LastModified>");
  append_text(page, object->modified ? modified(object, true) : "2026-01-01T00:00:00.000Z");
  append_text(page, "</LastModified><ETag>&quot;");
  append_text(page, object->etag);
  append_text(page, "&quot;</ETag><Size>");
  append_text(page, digit);
  append_text(page, query->owners ? "</Size>" OWNER : "</Size>");
  append_text(page, "<StorageClass>STANDARD</StorageClass></Contents>");
}

static void append_head(Buffer* page, const Query* query, const Bucket* bucket) {
  append_text(page,
              "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
              "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>");
  append_text(page, bucket->name);
  append_text(page, "</Name><Prefix>");
  append_key(page, query->prefix, query->url);
  append_format(page, "</Prefix><MaxKeys>%d</MaxKeys>", query->limit);
  if (query->url) append_text(page, "<EncodingType>url</EncodingType>");
  if (!*query->delimiter) return;
  append_text(page, "<Delimiter>");
  append_key(page, query->delimiter, query->url);
  append_text(page, "</Delimiter>");
}

static void append_end(Buffer* page, const Query* query, int count, bool truncated) {
  append_format(page, "<KeyCount>%d</KeyCount><IsTruncated>%s</IsTruncated>", count, truncated ? "true" : "false");
  if (truncated) {
    append_text(page, query->v2 ? "<NextContinuationToken>" : "<NextMarker>");
    append_key(page, query->last, query->url && !query->v2);
    append_text(page, query->v2 ? "</NextContinuationToken>" : "</NextMarker>");
  }
  append_text(page, "</ListBucketResult>");
}

void list_objects(const Request* request, Response* response, const Bucket* bucket) {
  Query query;
  Buffer page = {0}, prefixes = {0};
  char space[64], next[KEY_MAX];
  int count = 0;
  read_query(request, &query);
  buffer_reserve(&page, 1 << 18);
  append_head(&page, &query, bucket);
  uint64_t index = first_index(bucket, &query), end = end_index(bucket, &query);
  for (; index < end && count < query.limit; count++) {
    const char* key = key_at(bucket, index, space);
    const char* at = *query.delimiter ? strstr(key + strlen(query.prefix), query.delimiter) : NULL;
    if (at) {
      size_t length = (size_t)(at - key) + strlen(query.delimiter);
      memcpy(query.last, key, length);
      query.last[length] = 0;
      append_text(&prefixes, "<CommonPrefixes><Prefix>");
      append_key(&prefixes, query.last, query.url);
      append_text(&prefixes, "</Prefix></CommonPrefixes>");
      strcpy(next, query.last);
      after_prefix(next);
      index = first_not_below(bucket, next);
    } else {
      Object object;
      object_at(bucket, index, &object);
      append_object(&page, &query, key, &object);
      strcpy(query.last, key);
      index++;
    }
  }
  append(&page, prefixes.text, prefixes.length);
  append_end(&page, &query, count, index < end);
  respond(request, response, "200 OK", "Content-Type: application/xml\r\n", page.text, page.length);
  free(prefixes.text);
  free(page.text);
}
