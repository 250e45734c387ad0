#include "text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buffer_reserve(Buffer* buffer, size_t more) {
  size_t needed = buffer->length + more + 1;
  if (needed <= buffer->capacity) return;
  buffer->capacity = needed * 2;
  buffer->text = realloc(buffer->text, buffer->capacity);
  if (!buffer->text) abort();
}

void append(Buffer* buffer, const char* bytes, size_t length) {
  buffer_reserve(buffer, length);
  if (length) memcpy(buffer->text + buffer->length, bytes, length);
  buffer->length += length;
  buffer->text[buffer->length] = 0;
}

void append_text(Buffer* buffer, const char* text) { append(buffer, text, strlen(text)); }

void append_format(Buffer* buffer, const char* format, ...) {
  char text[4096];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  append(buffer, text, length < (int)sizeof text ? (size_t)length : sizeof text - 1);
}

void append_key(Buffer* buffer, const char* key, bool url) {
  for (; *key; key++) {
    unsigned char c = (unsigned char)*key;
    if (url && !(isalnum(c) || strchr("-_.~/*", c)))
      append_format(buffer, "%%%02X", c);
    else if (!url && (c == '&' || c == '<' || c == '>' || c < 32))
      append_format(buffer, "&#%d;", c);
    else
      append(buffer, key, 1);
  }
}

char* unescape(char* text) {
  char* out = text;
  for (const char* in = text; *in; in++) {
    if (*in == '%' && isxdigit((unsigned char)in[1]) && isxdigit((unsigned char)in[2])) {
      char hex[3] = {in[1], in[2], 0};
      *out++ = (char)strtol(hex, NULL, 16);
      in += 2;
    } else {
      *out++ = *in;
    }
  }
  *out = 0;
  return text;
}
