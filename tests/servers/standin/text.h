// Text that grows, and the escapes of URLs and XML.
#pragma once
#include <stdbool.h>
#include <stddef.h>

typedef struct {
  char* text;
  size_t length, capacity;
} Buffer;

enum { KEY_MAX = 1100 };  // a key has at most 1,024 bytes

void buffer_reserve(Buffer* buffer, size_t more);
void append(Buffer* buffer, const char* bytes, size_t length);
void append_text(Buffer* buffer, const char* text);
void append_format(Buffer* buffer, const char* format, ...) __attribute__((format(printf, 2, 3)));

// Append a key as it stands in a listing: percent-encoded with `encoding-type=url`, else as XML text.
void append_key(Buffer* buffer, const char* key, bool url);

// Decode percent escapes in place.
char* unescape(char* text);
