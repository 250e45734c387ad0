// MD5, as S3 makes ETags of it.
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum { MD5_SIZE = 16, MD5_HEX = 2 * MD5_SIZE, MD5_BASE64 = 24 };

void md5_of(const void* bytes, size_t length, unsigned char* digest);
void to_hex(const unsigned char* digest, char* text);
bool from_hex(const char* text, unsigned char* digest);
// The digest in a Content-MD5 header; false: this is none.
bool from_base64(const char* text, unsigned char* digest);
