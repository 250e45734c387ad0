// Requests for the service and for buckets; what all answers share.
#include "s3.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <time.h>

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define LIST_XMLNS " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""

Statistics statistics;
const char* server_name = "AmazonS3";

static const char* operation_names[OPERATIONS] = {"list",      "get",    "head",     "put",    "part", "copy",
                                                  "part_copy", "create", "complete", "delete", "tagging", "acl", "other"};

bool argument(const Request* request, const char* name, char* value, size_t capacity) {
  size_t length = strlen(name);
  if (value) *value = 0;
  for (const char* at = request->query; at && *at; at = strchr(at, '&') ? strchr(at, '&') + 1 : NULL) {
    if (strncmp(at, name, length) || !(at[length] == '=' || at[length] == '&' || !at[length])) continue;
    if (!value || at[length] != '=') return true;
    size_t size = strcspn(at + length + 1, "&");
    if (size >= capacity) size = capacity - 1;
    memcpy(value, at + length + 1, size);
    value[size] = 0;
    for (char* c = value; *c; c++)
      if (*c == '+') *c = ' ';
    unescape(value);
    return true;
  }
  return false;
}

bool has_argument(const Request* request, const char* name) { return argument(request, name, NULL, 0); }

bool header(const Request* request, const char* name, char* value, size_t capacity) {
  size_t length = strlen(name);
  *value = 0;
  for (const char* line = request->headers; *line; line = strstr(line, "\r\n") + 2) {
    if (strncasecmp(line, name, length) || line[length] != ':') continue;
    line += length + 1;
    while (*line == ' ') line++;
    size_t size = strcspn(line, "\r");
    if (size >= capacity) size = capacity - 1;
    memcpy(value, line, size);
    value[size] = 0;
    return true;
  }
  return false;
}

bool is_method(const Request* request, const char* method) { return !strcmp(request->method, method); }

const char* http_date(void) {
  static time_t last;
  static char text[40];
  time_t now = time(NULL);
  if (now != last) {
    struct tm broken_down;
    last = now;
    strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &broken_down));
  }
  return text;
}

const char* modified(const Object* object, bool iso) {
  static char text[40];
  time_t time = object->modified ? (time_t)object->modified : 1767225600;
  struct tm broken_down;
  strftime(text, sizeof text, iso ? "%Y-%m-%dT%H:%M:%S.000Z" : "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&time, &broken_down));
  return text;
}

void respond(const Request* request, Response* response, const char* status, const char* headers, const char* body,
             size_t length) {
  append_format(&response->head,
                "HTTP/1.1 %s\r\n" COMMON_FORMAT "%sContent-Length: %zu\r\n\r\n", status, COMMON_VALUES, headers, length);
  if (!is_method(request, "HEAD")) append(&response->head, body, length);
}

void respond_xml(const Request* request, Response* response, const char* xml) {
  respond(request, response, "200 OK", "Content-Type: application/xml\r\n", xml, strlen(xml));
}

void refuse(const Request* request, Response* response, const char* status, const char* code) {
  char text[300];
  snprintf(text, sizeof text, XML "<Error><Code>%s</Code><Message>%s</Message></Error>", code, code);
  respond(request, response, status, "Content-Type: application/xml\r\n", text, strlen(text));
}

static void answer_statistics(const Request* request, Response* response) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
               (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  Buffer json = {0};
  append_format(&json, "{\"cpu_seconds\":%.3f,\"connections\":%llu,\"received\":%llu,\"sent\":%llu,", cpu,
                (unsigned long long)statistics.connections, (unsigned long long)statistics.received,
                (unsigned long long)statistics.sent);
  append_format(&json, "\"replaced\":%llu,\"requests\":{", (unsigned long long)replaced);
  for (int i = 0; i < OPERATIONS; i++)
    append_format(&json, "%s\"%s\":%llu", i ? "," : "", operation_names[i],
                  (unsigned long long)statistics.operations[i]);
  append_text(&json, "}}\n");
  if (has_argument(request, "reset")) {
    statistics = (Statistics){0};
    replaced = 0;
  }
  respond(request, response, "200 OK", "Content-Type: application/json\r\n", json.text, json.length);
  free(json.text);
}

static void list_buckets(const Request* request, Response* response) {
  Buffer xml = {0};
  append_text(&xml, XML "<ListAllMyBucketsResult" LIST_XMLNS "><Owner><ID>standin</ID></Owner><Buckets>");
  for (const Bucket* bucket = buckets; bucket; bucket = bucket->next)
    append_format(&xml, "<Bucket><Name>%s</Name><CreationDate>2026-01-01T00:00:00.000Z</CreationDate></Bucket>",
                  bucket->name);
  append_text(&xml, "</Buckets></ListAllMyBucketsResult>");
  respond_xml(request, response, xml.text);
  free(xml.text);
}

static void list_uploads(const Request* request, Response* response, const Bucket* bucket) {
  Buffer xml = {0};
  append_text(&xml, XML "<ListMultipartUploadsResult" LIST_XMLNS "><IsTruncated>false</IsTruncated>");
  for (const Upload* upload = bucket->uploads; upload; upload = upload->next) {
    append_text(&xml, "<Upload><Key>");
    append_key(&xml, upload->key, has_argument(request, "encoding-type"));
    append_format(&xml, "</Key><UploadId>%llu</UploadId></Upload>", (unsigned long long)upload->id);
  }
  append_text(&xml, "</ListMultipartUploadsResult>");
  respond_xml(request, response, xml.text);
  free(xml.text);
}

static void delete_objects(const Request* request, Response* response, Bucket* bucket) {
  char key[KEY_MAX];
  response->operation = DELETE;
  for (const char* at = request->body.text; at && (at = strstr(at, "<Key>"));) {
    at += strlen("<Key>");
    size_t length = strcspn(at, "<");
    if (length >= sizeof key) continue;
    memcpy(key, at, length);
    key[length] = 0;
    remove_object(bucket, key);
  }
  respond_xml(request, response, XML "<DeleteResult/>");
}

// What a bucket could be asked about and has not: answered as S3 does for a bucket without it.
static bool answer_absent(const Request* request, Response* response) {
  static const char* absent[][2] = {
      {"policy", "NoSuchBucketPolicy"},
      {"policyStatus", "NoSuchBucketPolicy"},
      {"tagging", "NoSuchTagSet"},
      {"website", "NoSuchWebsiteConfiguration"},
      {"ownershipControls", "OwnershipControlsNotFoundError"},
      {"publicAccessBlock", "NoSuchPublicAccessBlockConfiguration"},
      {"encryption", "ServerSideEncryptionConfigurationNotFoundError"},
  };
  for (size_t i = 0; i < sizeof absent / sizeof *absent; i++) {
    if (!has_argument(request, absent[i][0])) continue;
    refuse(request, response, "404 Not Found", absent[i][1]);
    return true;
  }
  return false;
}

static void get_bucket(const Request* request, Response* response, const Bucket* bucket) {
  if (answer_absent(request, response)) return;
  if (has_argument(request, "location"))
    respond_xml(request, response, XML "<LocationConstraint" LIST_XMLNS "></LocationConstraint>");
  else if (has_argument(request, "versioning"))
    respond_xml(request, response, XML "<VersioningConfiguration" LIST_XMLNS "/>");
  else if (has_argument(request, "uploads"))
    list_uploads(request, response, bucket);
  else if (has_argument(request, "acl") || has_argument(request, "versions"))
    refuse(request, response, "501 Not Implemented", "NotImplemented");
  else {
    response->operation = LIST;
    list_objects(request, response, bucket);
  }
}

static void answer_bucket(const Request* request, Response* response, Bucket* bucket) {
  if (is_method(request, "GET"))
    get_bucket(request, response, bucket);
  else if (is_method(request, "POST") && has_argument(request, "delete"))
    delete_objects(request, response, bucket);
  else if (is_method(request, "POST"))
    refuse(request, response, "501 Not Implemented", "NotImplemented");
  else
    respond(request, response, "200 OK", "x-amz-bucket-region: us-east-1\r\n", "", 0);
}

void answer(Request* request, Response* response) {
  char *name = request->path + 1, *slash = strchr(name, '/'), *key = "";
  if (slash) {
    *slash = 0;
    key = unescape(slash + 1);
  }
  unescape(name);
  response->operation = OTHER;
  if (!strcmp(name, "_stats"))
    answer_statistics(request, response);
  else if (!*name && is_method(request, "GET"))
    list_buckets(request, response);
  else if (!*name)
    refuse(request, response, "501 Not Implemented", "NotImplemented");
  else if (!*key)
    answer_bucket(request, response, bucket_named(name));
  else if (strlen(key) > 1024)
    refuse(request, response, "400 Bad Request", "KeyTooLongError");
  else
    answer_object(request, response, bucket_named(name), key);
}
