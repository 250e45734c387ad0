#define _GNU_SOURCE
#include "checksums.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NAME "x-amz-checksum-"
#define WHOLE NAME "type: FULL_OBJECT\r\n"

enum { BITS = 64, TRAILER_MAX = 512 };

static const uint64_t polynomial = 0x9a6c9329ac4bc9b5u;  // of CRC-64/NVME, reflected

static uint64_t crc64(const char* bytes, size_t length) {
  static uint64_t table[256];
  if (!table[1])
    for (unsigned i = 0; i < 256; i++) {
      table[i] = i;
      for (int bit = 0; bit < 8; bit++) table[i] = table[i] & 1 ? table[i] >> 1 ^ polynomial : table[i] >> 1;
    }
  uint64_t crc = ~(uint64_t)0;
  for (size_t i = 0; i < length; i++) crc = table[(crc ^ (unsigned char)bytes[i]) & 255] ^ crc >> 8;
  return ~crc;
}

static uint64_t times(const uint64_t* matrix, uint64_t vector) {
  uint64_t sum = 0;
  for (; vector; vector >>= 1, matrix++)
    if (vector & 1) sum ^= *matrix;
  return sum;
}

static void square(uint64_t* matrix) {
  uint64_t result[BITS];
  for (int i = 0; i < BITS; i++) result[i] = times(matrix, matrix[i]);
  memcpy(matrix, result, sizeof result);
}

// The CRC as it is after so many zero bytes.
static uint64_t shifted(uint64_t crc, uint64_t bytes) {
  uint64_t matrix[BITS] = {polynomial};  // of one zero bit
  for (int i = 1; i < BITS; i++) matrix[i] = (uint64_t)1 << (i - 1);
  for (int i = 0; i < 3; i++) square(matrix);
  for (; bytes; bytes >>= 1, square(matrix))
    if (bytes & 1) crc = times(matrix, crc);
  return crc;
}

// Of the pattern, over and over, by doubling.
static uint64_t crc64_generated(uint64_t size) {
  uint64_t crc = 0, rest = size % PATTERN_SIZE, block = crc64(pattern, PATTERN_SIZE), length = PATTERN_SIZE;
  for (uint64_t times = size / PATTERN_SIZE; times; times >>= 1) {
    if (times & 1) crc = shifted(crc, length) ^ block;
    block ^= shifted(block, length);
    length *= 2;
  }
  return shifted(crc, rest) ^ crc64(pattern, rest);
}

char* generated_checksum(uint64_t size) {
  uint64_t crc = crc64_generated(size);
  unsigned char octets[8];
  char text[16];
  Buffer lines = {0};
  for (int i = 0; i < 8; i++) octets[i] = (unsigned char)(crc >> (56 - 8 * i));
  EVP_EncodeBlock((unsigned char*)text, octets, sizeof octets);
  append_format(&lines, NAME "crc64nvme: %s\r\n" WHOLE, text);
  return lines.text;
}

char* sent_checksum(const Request* request) {
  Buffer lines = {0};
  if (unproven) return NULL;
  for (const char* line = request->headers; *line; line = strstr(line, "\r\n") + 2) {
    if (strncasecmp(line, NAME, strlen(NAME))) continue;
    const char* name = line + strlen(NAME);
    if (strncasecmp(name, "type", 4) && strncasecmp(name, "algorithm", 9) && strncasecmp(name, "mode", 4))
      append(&lines, line, strcspn(line, "\r") + 2);
  }
  if (request->trailer.length) append(&lines, request->trailer.text, request->trailer.length);
  if (lines.text) append_text(&lines, WHOLE);
  return lines.text;
}

void find_trailer(Request* request) {
  char name[64];
  size_t length = request->body.length, span = length < TRAILER_MAX ? length : TRAILER_MAX;
  if (!length || !header(request, "x-amz-trailer", name, sizeof name)) return;
  const char *end = request->body.text + length, *at = memmem(end - span, span, name, strlen(name));
  if (!at) return;
  at += strlen(name) + 1;
  size_t size = 0;
  while (at + size < end && at[size] != '\r' && at[size] != '\n') size++;
  append_format(&request->trailer, "%s: %.*s\r\n", name, (int)size, at);
}

bool wants_checksum(const Request* request) {
  char value[16];
  return header(request, NAME "mode", value, sizeof value) && !strcasecmp(value, "ENABLED");
}

void append_checksum(Buffer* xml, const char* lines) {
  for (const char* line = lines; line && *line; line = strstr(line, "\r\n") + 2) {
    char name[24] = "Type";
    const char *start = line + strlen(NAME), *value = strchr(line, ':') + 1;
    if (strncasecmp(start, "type", 4)) {
      size_t length = 0;
      for (; start[length] != ':' && length < sizeof name - 1; length++)
        name[length] = (char)toupper((unsigned char)start[length]);
      name[length] = 0;
    }
    while (*value == ' ') value++;
    append_format(xml, "<Checksum%s>%.*s</Checksum%s>", name, (int)strcspn(value, "\r"), value, name);
  }
}
