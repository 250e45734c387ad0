// What the stand-in holds: generated read-only buckets, buckets that drop their bytes, and ordinary ones.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "text.h"

enum { PARTS_MAX = 10000, PATTERN_SIZE = 1 << 20, ETAG_SIZE = 40 };

// Bytes that outlive the object they belong to while an answer still sends them.
typedef struct {
  unsigned references;
  char bytes[];
} Blob;

typedef struct {
  char *key, *metadata, *checksum;  // the response headers that those become, or NULL
  Blob* blob;            // NULL: the bytes are those of `pattern`, over and over
  uint64_t size;
  bool tagged;       // it has the one tag that there is
  int64_t modified;  // when it was written, in seconds since the epoch; 0: made, which counts as 2026-01-01
  char etag[ETAG_SIZE];
} Object;

typedef struct Upload {
  struct Upload* next;
  uint64_t id;
  char *key, *metadata;
  struct {
    Blob* blob;
    uint64_t size;
    char etag[ETAG_SIZE];
  } part[PARTS_MAX + 1];
} Upload;

typedef struct Bucket {
  struct Bucket* next;
  char name[64];
  bool generated, tree, null;
  uint64_t count, capacity, size;  // size: of each generated object
  char etag[ETAG_SIZE], *checksum;  // of each generated object; empty: every one has an ETag of its own
  Object** objects;                // sorted by key
  Upload* uploads;
} Bucket;

extern Bucket* buckets;
extern char pattern[PATTERN_SIZE];
extern uint64_t tagged_every;  // of generated objects so many have metadata, a content type and a tag once; 0: none has
extern bool unproven;  // nothing tells what was written: ETags are no hashes, and there are no checksums
extern uint64_t replaced;  // objects that were written over another one of the same key

void make_pattern(void);
uint64_t next_id(void);
// An ETag that says it is no hash of the content.
void make_etag(char* etag, uint64_t id);
// The MD5 of up to PATTERN_SIZE bytes; of more, or of bytes that are gone, the one that was sent, or no hash.
void etag_of(const Blob* blob, uint64_t size, const char* sent, char* etag);

// A bucket appears on first use; a name that starts with `null` keeps keys and sizes but drops the bytes.
Bucket* bucket_named(const char* name);
// NAME:COUNT:SIZE:LAYOUT, layout `flat` (events/...) or `tree` (logs/NNNN/NN/..., a hundred keys each).
bool generate_bucket(const char* specification);

// The key at an index; generated keys are fixed-width, so that index order is key order.
const char* key_at(const Bucket* bucket, uint64_t index, char* space);
void object_at(const Bucket* bucket, uint64_t index, Object* object);
uint64_t first_not_below(const Bucket* bucket, const char* key);
// Turn a non-empty prefix into the first string after every key that starts with it.
void after_prefix(char* prefix);

// A copy of the object in `object`, whose blob is still the bucket's; false when there is none.
bool find_object(const Bucket* bucket, const char* key, Object* object);
// Stores what `object` has, and takes its blob, metadata and checksum. Not for a generated bucket.
void store_object(Bucket* bucket, const char* key, const Object* object);
void remove_object(Bucket* bucket, const char* key);

Blob* blob_of_size(uint64_t size);
Blob* blob_copy(const Object* object, uint64_t start, uint64_t size);
void release(Blob* blob);

Upload* create_upload(Bucket* bucket, const char* key, char* metadata);
Upload* find_upload(const Bucket* bucket, uint64_t id);
void set_part(Upload* upload, int number, Blob* blob, uint64_t size, const char* etag);
// Takes the checksum; the object it becomes is put into `object`.
void complete_upload(Bucket* bucket, Upload* upload, const char* key, char* checksum, Object* object);
void remove_upload(Bucket* bucket, Upload* upload);
