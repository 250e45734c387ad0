#include "buckets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "checksums.h"
#include "hashes.h"

Bucket* buckets;
char pattern[PATTERN_SIZE];
uint64_t replaced, tagged_every;
bool unproven;

void make_pattern(void) {
  uint64_t x = 88172645463325252u;  // xorshift: bytes that do not compress, the same in every run
  for (size_t i = 0; i < PATTERN_SIZE; i += sizeof x) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    memcpy(pattern + i, &x, sizeof x);
  }
}

uint64_t next_id(void) {
  static uint64_t last;
  return ++last;
}

// The suffix says that this is no MD5, which it is not.
void make_etag(char* etag, uint64_t id) { snprintf(etag, ETAG_SIZE, "%032llx-1", (unsigned long long)id); }

static void md5_etag(const void* bytes, size_t length, char* etag) {
  unsigned char digest[MD5_SIZE];
  md5_of(bytes, length, digest);
  to_hex(digest, etag);
}

void etag_of(const Blob* blob, uint64_t size, const char* sent, char* etag) {
  if (unproven)
    make_etag(etag, next_id());
  else if (blob && size <= PATTERN_SIZE)
    md5_etag(blob->bytes, size, etag);
  else if (*sent)
    snprintf(etag, ETAG_SIZE, "%s", sent);
  else
    make_etag(etag, next_id());
}

Bucket* bucket_named(const char* name) {
  for (Bucket* bucket = buckets; bucket; bucket = bucket->next)
    if (!strcmp(bucket->name, name)) return bucket;
  Bucket* bucket = calloc(1, sizeof *bucket);
  snprintf(bucket->name, sizeof bucket->name, "%s", name);
  bucket->null = !strncmp(name, "null", 4);
  bucket->next = buckets;
  return buckets = bucket;
}

bool generate_bucket(const char* specification) {
  char name[64], layout[8];
  unsigned long long count, size;
  if (sscanf(specification, "%63[^:]:%llu:%llu:%7s", name, &count, &size, layout) != 4) return false;
  Bucket* bucket = bucket_named(name);
  bucket->generated = true;
  bucket->count = count;
  bucket->size = size;
  bucket->tree = !strcmp(layout, "tree");
  if (size <= PATTERN_SIZE) md5_etag(pattern, size, bucket->etag);
  if (!unproven) bucket->checksum = generated_checksum(size);
  return bucket->tree || !strcmp(layout, "flat");
}

static void digits(char* out, uint64_t value, int width) {
  while (width--) {
    out[width] = (char)('0' + value % 10);
    value /= 10;
  }
}

const char* key_at(const Bucket* bucket, uint64_t index, char* space) {
  static const char tree[] = "logs/0000/00/event-00000000-7f3a9c.json.gz";
  static const char flat[] = "events/event-00000000-7f3a9c.json.gz";
  if (!bucket->generated) return bucket->objects[index]->key;
  if (bucket->tree) {
    memcpy(space, tree, sizeof tree);
    digits(space + 5, index / 10000, 4);
    digits(space + 10, index / 100 % 100, 2);
    digits(space + 19, index, 8);
  } else {
    memcpy(space, flat, sizeof flat);
    digits(space + 13, index, 8);
  }
  return space;
}

void object_at(const Bucket* bucket, uint64_t index, Object* object) {
  if (!bucket->generated) {
    *object = *bucket->objects[index];
    return;
  }
  *object = (Object){.size = bucket->size, .checksum = bucket->checksum};
  if (tagged_every && index % tagged_every == 0) {
    object->metadata = "Content-Type: application/gzip\r\nx-amz-meta-made: yes\r\n";
    object->tagged = true;
  }
  if (*bucket->etag) {
    memcpy(object->etag, bucket->etag, sizeof bucket->etag);
    return;
  }
  // no hash of the content, and nothing that could be taken for one: copies of it would seem damaged
  memcpy(object->etag, "000000000000-not-an-md5-of-bytes-z", 35);
  digits(object->etag, index, 12);
}

uint64_t first_not_below(const Bucket* bucket, const char* key) {
  uint64_t low = 0, high = bucket->count;
  char space[64];
  while (low < high) {
    uint64_t middle = (low + high) / 2;
    if (strcmp(key_at(bucket, middle, space), key) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

void after_prefix(char* prefix) { prefix[strlen(prefix) - 1]++; }

static bool holds(const Bucket* bucket, uint64_t index, const char* key) {
  char space[64];
  return index < bucket->count && !strcmp(key_at(bucket, index, space), key);
}

bool find_object(const Bucket* bucket, const char* key, Object* object) {
  uint64_t index = first_not_below(bucket, key);
  if (!holds(bucket, index, key)) return false;
  object_at(bucket, index, object);
  return true;
}

static void free_content(const Object* object) {
  release(object->blob);
  free(object->metadata);
  free(object->checksum);
}

void store_object(Bucket* bucket, const char* key, const Object* object) {
  uint64_t index = first_not_below(bucket, key);
  Object* stored;
  if (holds(bucket, index, key)) {
    replaced++;
    stored = bucket->objects[index];
    free_content(stored);
  } else {
    if (bucket->count == bucket->capacity) {
      bucket->capacity = bucket->capacity ? bucket->capacity * 2 : 64;
      bucket->objects = realloc(bucket->objects, bucket->capacity * sizeof *bucket->objects);
    }
    memmove(bucket->objects + index + 1, bucket->objects + index, (bucket->count++ - index) * sizeof *bucket->objects);
    stored = bucket->objects[index] = calloc(1, sizeof *stored);
    stored->key = strdup(key);
  }
  char* kept = stored->key;
  *stored = *object;
  stored->key = kept;
  stored->modified = time(NULL);
}

void remove_object(Bucket* bucket, const char* key) {
  uint64_t index = first_not_below(bucket, key);
  if (bucket->generated || !holds(bucket, index, key)) return;
  Object* object = bucket->objects[index];
  memmove(bucket->objects + index, bucket->objects + index + 1, (--bucket->count - index) * sizeof *bucket->objects);
  free_content(object);
  free(object->key);
  free(object);
}

Blob* blob_of_size(uint64_t size) {
  Blob* blob = malloc(sizeof *blob + size);
  if (!blob) abort();
  blob->references = 1;
  return blob;
}

Blob* blob_copy(const Object* object, uint64_t start, uint64_t size) {
  Blob* blob = blob_of_size(size);
  if (object->blob) {
    memcpy(blob->bytes, object->blob->bytes + start, size);
    return blob;
  }
  for (uint64_t done = 0; done < size;) {
    uint64_t from = (start + done) % PATTERN_SIZE, length = PATTERN_SIZE - from;
    if (length > size - done) length = size - done;
    memcpy(blob->bytes + done, pattern + from, length);
    done += length;
  }
  return blob;
}

void release(Blob* blob) {
  if (blob && !--blob->references) free(blob);
}

Upload* create_upload(Bucket* bucket, const char* key, char* metadata) {
  Upload* upload = calloc(1, sizeof *upload);
  upload->id = next_id();
  upload->key = strdup(key);
  upload->metadata = metadata;
  upload->next = bucket->uploads;
  return bucket->uploads = upload;
}

Upload* find_upload(const Bucket* bucket, uint64_t id) {
  Upload* upload = bucket->uploads;
  while (upload && upload->id != id) upload = upload->next;
  return upload;
}

void set_part(Upload* upload, int number, Blob* blob, uint64_t size, const char* etag) {
  release(upload->part[number].blob);
  upload->part[number].blob = blob;
  upload->part[number].size = size;
  snprintf(upload->part[number].etag, ETAG_SIZE, "%s", etag);
}

// The MD5 of the MD5s of the parts and their number, or no hash when one part's ETag is none.
static void composite_etag(const Upload* upload, char* etag) {
  static unsigned char digests[PARTS_MAX * MD5_SIZE];
  int count = 0;
  for (int i = 1; i <= PARTS_MAX; i++) {
    if (!*upload->part[i].etag) continue;
    if (!from_hex(upload->part[i].etag, digests + count++ * MD5_SIZE)) {
      make_etag(etag, next_id());
      return;
    }
  }
  md5_etag(digests, (size_t)count * MD5_SIZE, etag);
  snprintf(etag + MD5_HEX, ETAG_SIZE - MD5_HEX, "-%hu", (unsigned short)count);
}

void complete_upload(Bucket* bucket, Upload* upload, const char* key, char* checksum, Object* object) {
  uint64_t size = 0, done = 0;
  for (int i = 1; i <= PARTS_MAX; i++) size += upload->part[i].size;
  Blob* blob = bucket->null ? NULL : blob_of_size(size);
  for (int i = 1; blob && i <= PARTS_MAX; i++) {
    if (!upload->part[i].blob) continue;
    memcpy(blob->bytes + done, upload->part[i].blob->bytes, upload->part[i].size);
    done += upload->part[i].size;
  }
  *object = (Object){.blob = blob, .size = size, .metadata = upload->metadata, .checksum = checksum};
  composite_etag(upload, object->etag);
  upload->metadata = NULL;
  remove_upload(bucket, upload);
  store_object(bucket, key, object);
}

void remove_upload(Bucket* bucket, Upload* upload) {
  Upload** link = &bucket->uploads;
  while (*link != upload) link = &(*link)->next;
  *link = upload->next;
  for (int i = 1; i <= PARTS_MAX; i++) release(upload->part[i].blob);
  free(upload->key);
  free(upload->metadata);
  free(upload);
}
