// One S3 request, and the answer to it.
#pragma once
#include "buckets.h"

enum Operation {
  LIST,
  GET,
  HEAD,
  PUT,
  PART,
  COPY,
  PART_COPY,
  CREATE_UPLOAD,
  COMPLETE_UPLOAD,
  DELETE,
  TAGGING,
  ACL,
  OTHER,
  OPERATIONS
};

typedef struct {
  char method[8];
  char *path, *query, *headers;  // query: NULL without `?`; headers: lines that end with CR LF
  Buffer body;
  uint64_t received;  // bytes of the body, dropped ones included
  bool dropped;       // the body was counted and not kept, but for its last bytes where a trailer is announced
  Buffer trailer;     // the checksum behind the body, as a header's line
} Request;

typedef struct {
  enum Operation operation;
  Buffer head;  // status line, headers, and a small body
  Blob* blob;   // the object's bytes follow; NULL: those of the pattern
  uint64_t offset, left;
} Response;

typedef struct {
  uint64_t operations[OPERATIONS], connections, received, sent;
} Statistics;

extern Statistics statistics;
extern const char* server_name;

void answer(Request* request, Response* response);

// For the parts of the answering: arguments are decoded, and present even without a value.
bool argument(const Request* request, const char* name, char* value, size_t capacity);
bool has_argument(const Request* request, const char* name);
bool header(const Request* request, const char* name, char* value, size_t capacity);
bool is_method(const Request* request, const char* method);
void respond(const Request* request, Response* response, const char* status, const char* headers, const char* body,
             size_t length);
void respond_xml(const Request* request, Response* response, const char* xml);
void refuse(const Request* request, Response* response, const char* status, const char* code);
const char* http_date(void);
// When an object was written, as headers say it or (`iso`) as lists do; until the next call.
const char* modified(const Object* object, bool iso);
// The lines that every answer has. It follows S3's rule: an object without tags has no number of them in its head.
#define COMMON_FORMAT "x-amz-request-id: %016llX\r\nServer: %s\r\nDate: %s\r\n"
#define COMMON_VALUES (unsigned long long)next_id(), server_name, http_date()

void list_objects(const Request* request, Response* response, const Bucket* bucket);
void answer_object(Request* request, Response* response, Bucket* bucket, const char* key);
